package accounts.web;

import accounts.start.StartRefused;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.http.HttpStatus;

/**
 * How much a refusal tells.
 *
 * @param hideUnknownEmail whether a login with an unknown email looks like one with a
 * wrong password (ASVS 6.3.8)
 * @param permissionDenied the status of what is somebody else's: 401 as in the tutorial,
 * or 403, which RFC 9110 (15.5.4) has for it
 */
@ConfigurationProperties("accounts.errors")
public record ErrorSettings(boolean hideUnknownEmail, @DefaultValue("401") int permissionDenied) {

	public ErrorSettings {
		if (permissionDenied != 401 && permissionDenied != 403) {
			throw new StartRefused("ACCOUNTS_ERRORS_PERMISSION_DENIED must be 401 or 403.");
		}
	}

	public HttpStatus permissionDeniedStatus() {
		return HttpStatus.valueOf(this.permissionDenied);
	}

}
