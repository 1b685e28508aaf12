/** Accounts: what one is, where it is kept, what its owner may do. */
@NullMarked
package accounts.user;

import org.jspecify.annotations.NullMarked;
