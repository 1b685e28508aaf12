package accounts.user;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Some of the users that a client asked for.
 *
 * @param last behind whom there are more, {@code null} on the last page
 * @param total how many there are on all pages, {@code null} unless that was asked for
 */
record UserPage(List<User> users, @Nullable Cursor last, @Nullable Long total) {

	/** What a client is told beside the users. */
	HttpHeaders headers(UserQuery query) {
		HttpHeaders headers = new HttpHeaders();
		if (this.last != null) {
			headers.set(HttpHeaders.LINK, "<" + query.next(this.last) + ">; rel=\"next\"");
		}
		if (this.total != null) {
			headers.set("X-Total-Count", Long.toString(this.total));
		}
		return headers;
	}

}
