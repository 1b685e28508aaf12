/** User accounts and JWT tokens over HTTP. */
@NullMarked
package accounts;

import org.jspecify.annotations.NullMarked;
