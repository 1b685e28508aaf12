/** What every request and every answer shares. */
@NullMarked
package accounts.web;

import org.jspecify.annotations.NullMarked;
