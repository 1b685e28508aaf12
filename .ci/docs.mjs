// Uses the documentation page as a person would, in a real browser: node .ci/docs.mjs http://127.0.0.1:5000 [picture.png]
import { chromium } from "playwright-core";

const [address, picture] = process.argv.slice(2);
if (!address) {
	console.error("Usage: node .ci/docs.mjs <address of the running service> [<screenshot>]");
	process.exit(2);
}
const origin = new URL(address).origin;
const problems = [];

async function post(path, body) {
	const answer = await fetch(origin + path, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify(body),
	});
	if (!answer.ok) {
		throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
	}
	return answer.json();
}

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
	const email = `docs-${Date.now()}@example.org`;
	const user = { first_name: "Ann", last_name: "Lee", email, password: "a long pass phrase" };
	await post("/users/", user);
	const { token } = await post("/auth/get-token/", user);

	const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
	page.setDefaultTimeout(20_000);
	page.on("console", (message) => {
		if (["error", "warning"].includes(message.type())) {
			problems.push(`console: ${message.text()} ${message.location().url}`);
		}
	});
	page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
	page.on("response", (answer) => {
		if (answer.status() >= 400) {
			problems.push(`${answer.status()} ${answer.url()}`);
		}
	});
	// A page of ours asks nobody else
	await page.route((url) => /^(https?|wss?):/.test(url.href) && url.origin !== origin, (route) => {
		problems.push(`leaves the host: ${route.request().url()}`);
		return route.abort();
	});

	for (const path of ["/docs", "/docs/"]) {
		await page.goto(origin + path);
		await page.locator("#operations-Users-listUsers").waitFor();
	}
	const listed = await page.locator(".opblock").count();

	await page.locator(".auth-wrapper .authorize").first().click();
	await page.locator(".auth-container input").fill(token);
	await page.locator(".auth-container button.authorize").click();
	await page.locator(".auth-container button.btn-done").click();

	const operation = page.locator("#operations-Users-listUsers");
	await operation.locator(".opblock-summary-control").click();
	await operation.locator("button.execute").click();
	const answer = operation.locator(".live-responses-table .response");
	await answer.waitFor();
	const status = (await answer.locator(".response-col_status").innerText()).trim();
	if (status !== "200") {
		problems.push(`GET /users/ was answered with ${status} in the page`);
	}
	if (!(await answer.innerText()).includes(email)) {
		problems.push("the page does not show the list of users");
	}
	if (picture) {
		await page.screenshot({ path: picture, fullPage: true });
	}

	await page.goto(origin + "/openapi.yaml");
	if (!(await page.locator("body").innerText()).startsWith("openapi: 3.1")) {
		problems.push("the browser does not show /openapi.yaml");
	}
	console.log(`/docs/ shows ${listed} operations; GET /users/ with a pasted token: ${status}`);
}
catch (error) {
	problems.push(error.message);
}
finally {
	await browser.close();
}
problems.forEach((problem) => console.error(problem));
process.exit(problems.length ? 1 : 0);
