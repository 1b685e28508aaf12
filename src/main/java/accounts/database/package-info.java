/**
 * The database everything is kept in: how it is opened, brought up to date, read, written
 * and moved.
 */
@NullMarked
package accounts.database;

import org.jspecify.annotations.NullMarked;
