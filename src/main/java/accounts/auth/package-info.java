/** Who is asking, and the tokens that say so. */
@NullMarked
package accounts.auth;

import org.jspecify.annotations.NullMarked;
