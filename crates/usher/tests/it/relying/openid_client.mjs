// Journeys of apps that are made with openid-client. Lines of JSON lead out of here and back: what the app asks of the
// world around it (a browser, time) and what came of it. Whoever is told something unexpected ends with a failure.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const installed = createRequire(`${process.cwd()}/`)
const client = installed('openid-client')
const { createRemoteJWKSet, jwtVerify } = installed('jose')
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function line() {
  return JSON.parse((await lines.next()).value)
}

async function ask(wish) {
  process.stdout.write(`${JSON.stringify(wish)}\n`)
  return line()
}

// An app as its settings would be: all else is discovered.
async function discover(app, authentication) {
  const options = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] }
  return client.discovery(new URL(given.issuer), app.id, app.secret, authentication, options)
}

// Another app of the tenant.
function make(wish) {
  return ask({ ask: 'make', wish })
}

function basic(app = given.app) {
  return discover(app, client.ClientSecretBasic(app.secret))
}

// What a person is sent to the platform with, and what the app keeps meanwhile.
async function wish(config, { scope = given.scope, build = client.buildAuthorizationUrl, ...more } = {}) {
  const kept = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true
  }
  const url = await build(config, {
    redirect_uri: given.back,
    scope,
    ...more,
    state: kept.expectedState,
    nonce: kept.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(kept.pkceCodeVerifier),
    code_challenge_method: 'S256'
  })
  return { url, kept }
}

// The browser goes there, signs in, and agrees; where it ends up.
async function browse(url, answer = 'yes') {
  return new URL((await ask({ ask: 'browse', url: url.href, answer })).url)
}

async function signIn(config, more) {
  const { url, kept } = await wish(config, more)
  return client.authorizationCodeGrant(config, await browse(url), kept)
}

async function members(config, token) {
  const answer = await client.fetchProtectedResource(config, token, new URL(given.members), 'GET')
  return answer.status
}

// The word of the standard that a call is refused with, by the platform or by the library itself.
async function refusal(call) {
  try {
    await call
  } catch (problem) {
    const challenge = problem.cause?.[0]?.parameters?.error
    return challenge ?? problem.error ?? problem.code
  }
  throw new Error('was not refused')
}

function kid(token) {
  return JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid
}

const journeys = {
  async person() {
    const config = await basic()
    const server = config.serverMetadata()
    assert.equal(server.issuer, given.issuer)
    assert.ok(server.supportsPKCE())
    const tokens = await signIn(config)
    const claims = tokens.claims()
    assert.equal(claims.sub, given.person.id)
    assert.equal(claims.aud, given.app.id)
    assert.deepEqual(tokens.scope.split(' ').sort(), given.scope.split(' ').sort())
    const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
    assert.equal(told.email, given.person.email)
    assert.equal(await members(config, tokens.access_token), 200)
    const seen = await client.tokenIntrospection(config, tokens.access_token)
    assert.equal(seen.active, true)
    assert.equal(seen.client_id, given.app.id)
    assert.equal(seen.sub, claims.sub)

    const next = await client.refreshTokenGrant(config, tokens.refresh_token)
    assert.notEqual(next.refresh_token, tokens.refresh_token)
    assert.notEqual(next.access_token, tokens.access_token)
    assert.equal(await members(config, next.access_token), 200)
    const more = client.refreshTokenGrant(config, next.refresh_token, { scope: `${given.scope} user.invites.create` })
    assert.equal(await refusal(more), 'invalid_scope')

    await client.tokenRevocation(config, next.refresh_token)
    assert.equal((await client.tokenIntrospection(config, next.access_token)).active, false)
    assert.equal(await refusal(client.refreshTokenGrant(config, next.refresh_token)), 'invalid_grant')
    await ask({ ask: 'refused', token: next.access_token })
    await client.tokenRevocation(config, 'nobody knows this token')
  },

  async public() {
    const config = await discover(given.public, client.None())
    const tokens = await signIn(config)
    assert.equal(tokens.claims().aud, given.public.id)
    const next = await client.refreshTokenGrant(config, tokens.refresh_token)
    assert.equal(await members(config, next.access_token), 200)
    await client.tokenRevocation(config, next.access_token)
    assert.equal(await refusal(client.refreshTokenGrant(config, next.refresh_token)), 'invalid_grant')
    const posing = await discover(given.app, client.None())
    assert.equal(await refusal(client.refreshTokenGrant(posing, tokens.refresh_token)), 'invalid_client')
  },

  async itself() {
    const config = await discover(given.robot, client.ClientSecretPost(given.robot.secret))
    const tokens = await client.clientCredentialsGrant(config, { scope: 'user.members.read' })
    assert.equal(tokens.refresh_token, undefined)
    assert.equal(await members(config, tokens.access_token), 200)
    const seen = await client.tokenIntrospection(config, tokens.access_token)
    assert.equal(seen.sub, given.robot.account)
    const beyond = client.clientCredentialsGrant(config, { scope: 'user.invites.create' })
    assert.equal(await refusal(beyond), 'invalid_scope')
    const person = client.clientCredentialsGrant(await basic(), { scope: 'user.members.read' })
    assert.equal(await refusal(person), 'unauthorized_client')
    const guess = await basic({ ...given.robot, secret: `${given.robot.secret}x` })
    assert.equal(await refusal(client.clientCredentialsGrant(guess)), 'invalid_client')
  },

  async refusals() {
    const config = await basic()
    const redeem = async (change, turn = (url) => url) => {
      const { url, kept } = await wish(config)
      const back = turn(await browse(url))
      return client.authorizationCodeGrant(config, back, { ...kept, ...change })
    }
    assert.equal(await refusal(redeem({ expectedState: 'another' })), 'OAUTH_INVALID_RESPONSE')
    assert.equal(await refusal(redeem({ expectedNonce: 'another' })), 'OAUTH_JWT_CLAIM_COMPARISON_FAILED')
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    assert.equal(await refusal(redeem({ pkceCodeVerifier })), 'invalid_grant')
    const elsewhere = (url) => {
      url.searchParams.set('iss', 'https://elsewhere.example')
      return url
    }
    assert.equal(await refusal(redeem({}, elsewhere)), 'OAUTH_INVALID_RESPONSE')

    const { url, kept } = await wish(config)
    const back = await browse(url)
    const first = await client.authorizationCodeGrant(config, back, kept)
    assert.equal(await refusal(client.authorizationCodeGrant(config, back, kept)), 'invalid_grant')
    const after = client.refreshTokenGrant(config, first.refresh_token)
    assert.equal(await refusal(after), 'invalid_grant', 'what a code gave ends when it is shown twice')

    const asking = await wish(config, { prompt: 'consent' })
    const refused = client.authorizationCodeGrant(config, await browse(asking.url, 'no'), asking.kept)
    assert.equal(await refusal(refused), 'access_denied')
    for (const [name, value, word] of [
      ['code_challenge', '', 'invalid_request'],
      ['code_challenge_method', 'plain', 'invalid_request'],
      ['scope', 'openid user.invites.create', 'invalid_scope'],
      ['response_type', 'token', 'unsupported_response_type']
    ]) {
      const bad = new URL(url)
      bad.searchParams.set(name, value)
      const told = client.authorizationCodeGrant(config, await browse(bad), kept)
      assert.equal(await refusal(told), word, name)
    }
    for (const [name, value] of [['redirect_uri', `${given.back}/x`], ['client_id', 'uc_x']]) {
      const lost = new URL(url)
      lost.searchParams.set(name, value)
      assert.equal((await browse(lost)).host, url.host, 'no browser is sent where nobody is known')
    }
  },

  async quietly() {
    const config = await basic(await make({ confidential: true }))
    const ask = async (prompt, answer) => {
      const { url, kept } = await wish(config, { prompt })
      return client.authorizationCodeGrant(config, await browse(url, answer), kept)
    }
    assert.equal(await refusal(ask('none')), 'login_required')
    assert.equal(await refusal(ask('consent', 'no')), 'access_denied')
    assert.equal(await refusal(ask('none')), 'consent_required')
    const first = await ask('consent')
    const again = await ask('none', 'nobody answers')
    assert.equal(again.claims().sub, first.claims().sub)
  },

  async pushed() {
    const config = await basic(await make({ confidential: true, requirePushedAuthorizationRequests: true }))
    const build = client.buildAuthorizationUrlWithPAR
    const { url, kept } = await wish(config, { build })
    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
    const tokens = await client.authorizationCodeGrant(config, await browse(url), kept)
    assert.equal(tokens.claims().sub, given.person.id)
    assert.equal((await browse(url)).host, url.host, 'what was pushed counts once')
    const plain = await wish(config)
    const bare = client.authorizationCodeGrant(config, await browse(plain.url), plain.kept)
    assert.equal(await refusal(bare), 'invalid_request')
    const more = wish(config, { build, scope: 'openid user.invites.create' })
    assert.equal(await refusal(more), 'invalid_scope')
  },

  async keyed() {
    for (const [algorithm, name] of [
      [{ name: 'ECDSA', namedCurve: 'P-256' }, 'ES256'],
      [{ name: 'Ed25519' }, 'EdDSA']
    ]) {
      const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
      const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
      const app = await make({ confidential: true, keys: [{ kid: 'one', kty, crv, x, y, alg: name }] })
      const key = { key: pair.privateKey, kid: 'one' }
      const config = await discover(app, client.PrivateKeyJwt(key))
      const tokens = await signIn(config)
      const next = await client.refreshTokenGrant(config, tokens.refresh_token)
      assert.equal((await client.tokenIntrospection(config, next.access_token)).active, true)
      const again = { [client.modifyAssertion]: (_, payload) => { payload.jti = 'the same' } }
      const repeating = await discover(app, client.PrivateKeyJwt(key, again))
      await client.refreshTokenGrant(repeating, next.refresh_token)
      const repeated = client.tokenIntrospection(repeating, next.access_token)
      assert.equal(await refusal(repeated), 'invalid_client', 'a proof counts once')
      const other = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
      const forged = await discover(app, client.PrivateKeyJwt({ ...key, key: other.privateKey }))
      assert.equal(await refusal(client.tokenIntrospection(forged, next.access_token)), 'invalid_client')
      await client.tokenRevocation(config, next.access_token)
      assert.equal((await client.tokenIntrospection(config, next.access_token)).active, false)
    }
  },

  async device() {
    const config = await discover(await make({ grants: ['device_code'] }), client.None())
    const begun = await client.initiateDeviceAuthorization(config, { scope: given.scope })
    await browse(new URL(begun.verification_uri_complete))
    const tokens = await client.pollDeviceAuthorizationGrant(config, begun)
    assert.equal(tokens.claims().sub, given.person.id)
    assert.equal(await members(config, tokens.access_token), 200)
    const other = await client.initiateDeviceAuthorization(config, { scope: given.scope })
    await browse(new URL(other.verification_uri_complete), 'no')
    assert.equal(await refusal(client.pollDeviceAuthorizationGrant(config, other)), 'access_denied')
  },

  async exchange() {
    const tokens = await signIn(await basic())
    const config = await basic(await make({ confidential: true, grants: ['token_exchange'] }))
    const kind = 'urn:ietf:params:oauth:token-type:access_token'
    const exchange = (more, by = config) => {
      const wish = { subject_token: tokens.access_token, subject_token_type: kind, ...more }
      return client.genericGrantRequest(by, 'urn:ietf:params:oauth:grant-type:token-exchange', wish)
    }
    const lesser = await exchange({ scope: 'user.members.read' })
    assert.deepEqual([lesser.issued_token_type, lesser.scope], [kind, 'user.members.read'])
    assert.equal(lesser.refresh_token, undefined)
    assert.equal(await members(config, lesser.access_token), 200)
    const seen = await client.tokenIntrospection(config, lesser.access_token)
    assert.equal(seen.sub, given.person.id)
    const who = client.fetchUserInfo(config, lesser.access_token, seen.sub)
    assert.equal(await refusal(who), 'insufficient_scope')
    assert.equal(await refusal(exchange({ scope: 'user.invites.create' })), 'invalid_scope')
    assert.equal(await refusal(exchange({ audience: 'https://elsewhere.example' })), 'invalid_target')
    assert.equal(await refusal(exchange({ subject_token: 'nobodys' })), 'invalid_request')
    assert.equal(await refusal(exchange({}, await basic())), 'unauthorized_client')
  },

  async logout() {
    const app = await make({ confidential: true, postLogoutRedirectUris: [given.out], backchannelLogoutUri: given.ear })
    const config = await basic(app)
    const tokens = await signIn(config)
    const claims = tokens.claims()
    const leave = async (hint, to = given.out) => {
      const pairs = { post_logout_redirect_uri: to, state: 'kept', ...hint }
      return browse(client.buildEndSessionUrl(config, pairs))
    }
    const hint = { id_token_hint: tokens.id_token }
    const astray = await leave(hint, 'https://elsewhere.example/')
    assert.equal(astray.origin, new URL(given.issuer).origin, 'no browser is led astray')
    assert.equal((await leave(hint)).href, `${given.out}?state=kept`)
    const { token } = await ask({ ask: 'told', app: app.id })
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
    const { payload } = await jwtVerify(token, keys, { issuer: given.issuer, audience: app.id, typ: 'logout+jwt' })
    assert.equal(payload.sid, claims.sid)
    assert.equal(payload.sub, claims.sub)
    assert.equal(payload.nonce, undefined)
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
    assert.equal(await refusal(client.refreshTokenGrant(config, tokens.refresh_token)), 'invalid_grant')
    const { url, kept } = await wish(config, { prompt: 'none' })
    const quiet = client.authorizationCodeGrant(config, await browse(url), kept)
    assert.equal(await refusal(quiet), 'login_required')
    await signIn(config)
    assert.equal((await leave({})).href, `${given.out}?state=kept`, 'whoever shows no hint has the person asked')
  },

  async keys() {
    const config = await basic()
    const first = await signIn(config)
    ahead = (await ask({ ask: 'turn keys' })).ahead
    const algorithms = (await basic()).serverMetadata().id_token_signing_alg_values_supported
    assert.equal(new Set(algorithms).size, algorithms.length)
    const next = await client.refreshTokenGrant(config, first.refresh_token)
    assert.equal(await members(config, next.access_token), 200)
    assert.notEqual(kid(next.access_token), kid(first.access_token))
    const again = await signIn(config)
    assert.notEqual(kid(again.id_token), kid(first.id_token))
    assert.equal(again.claims().sub, first.claims().sub)

    const later = await client.refreshTokenGrant(config, next.refresh_token)
    await ask({ ask: 'wait' })
    const replayed = client.refreshTokenGrant(config, first.refresh_token)
    assert.equal(await refusal(replayed), 'invalid_grant', 'whoever stole it shows it late')
    const ended = client.refreshTokenGrant(config, later.refresh_token)
    assert.equal(await refusal(ended), 'invalid_grant', 'and nobody knows who stole it')
  }
}

const given = await line()
// The machine's clock goes along with the platform's.
const now = Date.now
let { ahead } = given
Date.now = () => now() + ahead * 1000
await journeys[given.journey]()
process.stdout.write(`${JSON.stringify({ ask: 'nothing more' })}\n`)
process.exit(0)
