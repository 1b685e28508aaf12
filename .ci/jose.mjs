// A service that trusts the tokens of Accounts: it knows the address and three standards (JWT, JWK Set, Token Status
// List), and never asks about a token. Run it against a service with ES256 or EdDSA and accounts.session.status-ttl=1s:
//
//   node jose.mjs http://127.0.0.1:5000
import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const accounts = process.argv[2] ?? 'http://127.0.0.1:5000';
const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', accounts));
const expected = { issuer: 'accounts', algorithms: ['ES256', 'EdDSA'] };
const lists = new Map();

/** The user's id, if the token is good and its session goes on. */
async function userOf(token) {
  const { payload } = await jwtVerify(token, keys, { ...expected, typ: 'JWT' });
  const { uri, idx } = payload.status.status_list;
  assert.equal(new URL(uri).origin, new URL(accounts).origin);
  const bits = await statusList(uri);
  if ((bits[idx >> 3] >> (idx & 7)) & 1) {
    throw new Error('The session has ended');
  }
  return payload.id;
}

/** The bits of a list, fetched again when its time to live has passed. */
async function statusList(uri) {
  if (!(lists.get(uri)?.until > Date.now())) {
    const answer = await fetch(uri, { headers: { Accept: 'application/statuslist+jwt' } });
    const { payload } = await jwtVerify(await answer.text(), keys, { ...expected, subject: uri, typ: 'statuslist+jwt' });
    const bits = inflateSync(Buffer.from(payload.status_list.lst, 'base64url'));
    lists.set(uri, { bits, until: Date.now() + payload.ttl * 1000 });
  }
  return lists.get(uri).bits;
}

// What follows is the user and the check.
async function post(path, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(new URL(path, accounts), { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path} answered ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

const user = { first_name: 'Ada', last_name: 'Lovelace', email: `ada-${Date.now()}@example.com`, password: 'correct horse battery staple' };
const { id } = await post('/users/', user);
const { token } = await post('/auth/get-token/', user);
assert.equal(await userOf(token), id);
const forged = token.slice(0, -8) + (token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
await assert.rejects(userOf(forged), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });

await post('/auth/logout/', {}, token);
for (const { until } of lists.values()) {
  // A list may be a second old when it is fetched
  await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 1100));
}
await assert.rejects(userOf(token), /The session has ended/);
console.log(`Trusted the token of user ${id} until its logout`);
