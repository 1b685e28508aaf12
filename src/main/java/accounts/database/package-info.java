/**
 * The file everything is kept in: how it is opened, brought up to date, read and written.
 */
@NullMarked
package accounts.database;

import org.jspecify.annotations.NullMarked;
