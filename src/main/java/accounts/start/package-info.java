/** What a start is told, and what one that cannot be right says before it stops. */
@NullMarked
package accounts.start;

import org.jspecify.annotations.NullMarked;
