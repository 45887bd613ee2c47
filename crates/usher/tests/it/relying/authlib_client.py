"""Journeys of web apps that are made with Authlib and Flask. Lines of JSON lead out of here and back: what the app asks
of the world around it (a browser, time) and what came of it. Who is told something unexpected ends with a failure."""

import base64
import json
import sys
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.errors import InvalidClaimError
from joserfc.jwk import ECKey, KeySet, OKPKey


def line():
    return json.loads(sys.stdin.readline())


def ask(wish):
    print(json.dumps(wish), flush=True)
    return line()


def make(wish):
    """Another app of the tenant."""
    return ask({"ask": "make", "wish": wish})


def browse(url, answer="yes"):
    """The browser goes there, signs in, and agrees; where it ends up."""
    return ask({"ask": "browse", "url": url, "answer": answer})["url"]


class Site:
    """A web app with its settings: all else is discovered."""

    def __init__(self, app, method="client_secret_basic", proof=None):
        self.app, self.proof, self.renewed = app, proof, []
        site = flask.Flask("relying")
        site.testing, site.secret_key = True, "of nobody but this test"
        self.usher = OAuth(site).register(
            "usher",
            server_metadata_url=given["issuer"] + "/.well-known/openid-configuration",
            client_id=app["id"],
            client_secret=app.get("secret"),
            client_auth_methods=[proof] if proof else None,
            update_token=lambda token, **_: self.renewed.append(token),
            client_kwargs={
                "scope": given["scope"],
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": method,
            },
        )
        site.add_url_rule("/begin", view_func=self.begin)
        site.add_url_rule("/cb", view_func=self.finish)
        site.add_url_rule("/leave", view_func=self.leave)
        site.add_url_rule("/out", view_func=self.left)
        self.site, self.visitor, self.method = site, site.test_client(), method
        self.places = self.usher.load_server_metadata()

    def begin(self):
        return self.usher.authorize_redirect(given["back"])

    def finish(self):
        return dict(self.usher.authorize_access_token())

    def leave(self):
        return self.usher.logout_redirect(given["out"], flask.request.args.get("hint"), client_id=self.app["id"])

    def left(self):
        return dict(self.usher.validate_logout_response())

    def wish(self):
        """Where a visitor is sent to sign in."""
        return self.visitor.get("/begin").location

    def back(self, url):
        """What the app gets when the visitor comes back so."""
        return self.visitor.get("/cb?" + urlsplit(url).query).get_json()

    def sign_in(self):
        return self.back(browse(self.wish()))

    def session(self):
        """The calls that have no place in a web app's sign-in."""
        secret, place = self.app.get("secret"), self.places["token_endpoint"]
        session = OAuth2Session(
            self.app["id"],
            secret,
            token_endpoint=place,
            token_endpoint_auth_method=self.method,
            revocation_endpoint_auth_method=self.method,
        )
        if self.proof:
            session.register_client_auth_method(self.proof)
        return session

    def renew(self, token, **more):
        return self.session().refresh_token(refresh_token=token["refresh_token"], **more)

    def introspect(self, token):
        place = self.places["introspection_endpoint"]
        answer = self.session().introspect_token(place, token=token)
        answer.raise_for_status()
        return answer.json()

    def revoke(self, token, hint=None):
        place = self.places["revocation_endpoint"]
        answer = self.session().revoke_token(place, token=token, token_type_hint=hint)
        answer.raise_for_status()

    def members(self, token):
        with self.site.app_context():
            return self.usher.get(given["members"], token=token).status_code


def refusal(call, *given, **more):
    """The word of the standard that a call is refused with, or the library's own refusal."""
    try:
        call(*given, **more)
    except MismatchingStateError:
        return "state"
    except InvalidClaimError as problem:
        return problem.claim
    except OAuthError as problem:
        return problem.error
    raise AssertionError("was not refused")


def kid(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def changed(url, **changes):
    parts = urlsplit(url)
    pairs = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**pairs, **changes})).geturl()


def equal(left, right, *why):
    assert left == right, (left, right, *why)


def person():
    site = Site(given["app"])
    token = site.sign_in()
    equal(token["userinfo"]["sub"], given["person"]["id"])
    equal(sorted(token["scope"].split()), sorted(given["scope"].split()))
    with site.site.app_context():
        told = site.usher.userinfo(token=token)
    equal((told["sub"], told["email"]), (given["person"]["id"], given["person"]["email"]))
    equal(site.members(token), 200)
    seen = site.introspect(token["access_token"])
    equal((seen["active"], seen["client_id"]), (True, given["app"]["id"]))

    following = site.renew(token)
    assert following["refresh_token"] != token["refresh_token"]
    equal(site.members(following), 200)
    equal(refusal(site.renew, following, scope=given["scope"] + " user.invites.create"), "invalid_scope")

    site.revoke(following["refresh_token"], "refresh_token")
    equal(site.introspect(following["access_token"]), {"active": False})
    equal(refusal(site.renew, following), "invalid_grant")
    ask({"ask": "refused", "token": following["access_token"]})
    site.revoke("nobody knows this token")


def public():
    site = Site(given["public"], "none")
    token = site.sign_in()
    equal(token["userinfo"]["aud"], given["public"]["id"])
    following = site.renew(token)
    equal(site.members(following), 200)
    site.revoke(following["access_token"], "access_token")
    equal(refusal(site.renew, following), "invalid_grant")
    posing = Site({"id": given["app"]["id"]}, "none")
    equal(refusal(posing.renew, token), "invalid_client")


def itself():
    robot = given["robot"]
    site = Site(robot, "client_secret_post")
    token = site.session().fetch_token(grant_type="client_credentials", scope="user.members.read")
    assert "refresh_token" not in token
    equal(site.members(token), 200)
    equal(site.introspect(token["access_token"])["sub"], robot["account"])

    def fetch(of, scope):
        return refusal(of.session().fetch_token, grant_type="client_credentials", scope=scope)

    equal(fetch(site, "user.invites.create"), "invalid_scope")
    equal(fetch(Site(given["app"]), "user.members.read"), "unauthorized_client")
    guess = Site({**robot, "secret": robot["secret"] + "x"})
    equal(fetch(guess, "user.members.read"), "invalid_client")


def refusals():
    site = Site(given["app"])
    equal(refusal(site.back, changed(browse(site.wish()), state="another")), "state")
    equal(refusal(site.back, browse(changed(site.wish(), nonce="another"))), "nonce")
    # Somebody who has no verifier to the challenge brings a code of their own into a visitor's browser.
    other = Site(given["app"]).wish()
    mine = parse_qs(urlsplit(site.wish()).query)["state"][0]
    equal(refusal(site.back, browse(changed(other, state=mine))), "invalid_grant")

    url = site.wish()
    back = browse(url)
    token = site.back(back)
    equal(refusal(site.back, back), "state", "a state counts once")
    code = parse_qs(urlsplit(back).query)["code"][0]
    again = dict(code=code, redirect_uri=given["back"], code_verifier="v" * 43)
    equal(refusal(site.session().fetch_token, **again), "invalid_grant")
    equal(refusal(site.renew, token), "invalid_grant", "what a code gave ends when it is shown twice")

    asking = changed(site.wish(), prompt="consent")
    equal(refusal(site.back, browse(asking, "no")), "access_denied")
    for name, value, word in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "openid user.invites.create", "invalid_scope"),
        ("response_type", "token", "unsupported_response_type"),
    ]:
        equal(refusal(site.back, browse(changed(site.wish(), **{name: value}))), word, name)
    for name, value in [("redirect_uri", given["back"] + "/x"), ("client_id", "uc_x")]:
        lost = browse(changed(url, **{name: value}))
        equal(urlsplit(lost).netloc, urlsplit(url).netloc, "no browser is sent where nobody is known")


def quietly():
    site = Site(make({"confidential": True}))

    def sign_in(prompt, answer="yes"):
        return site.back(browse(changed(site.wish(), prompt=prompt), answer))

    equal(refusal(sign_in, "none"), "login_required")
    equal(refusal(sign_in, "consent", "no"), "access_denied")
    equal(refusal(sign_in, "none"), "consent_required")
    first = sign_in("consent")
    again = sign_in("none", "nobody answers")
    equal(again["userinfo"]["sub"], first["userinfo"]["sub"])


def pushed():
    """Authlib has no words for this: the app posts what would stand in the address, and goes on as ever."""
    site = Site(make({"confidential": True, "requirePushedAuthorizationRequests": True}))
    place, proof = site.places["pushed_authorization_request_endpoint"], (site.app["id"], site.app["secret"])

    def push(url):
        pairs = urlsplit(url).query
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return site.session().post(place, data=pairs, headers=kind, auth=proof, withhold_token=True)

    url = site.wish()
    answer = push(url)
    equal(answer.status_code, 201, answer.text)
    query = urlencode({"client_id": site.app["id"], "request_uri": answer.json()["request_uri"]})
    named = urlsplit(url)._replace(query=query).geturl()
    equal(site.back(browse(named))["userinfo"]["sub"], given["person"]["id"])
    equal(urlsplit(browse(named)).netloc, urlsplit(url).netloc, "what was pushed counts once")
    equal(refusal(site.back, browse(site.wish())), "invalid_request")
    equal(push(changed(url, scope="openid user.invites.create")).json()["error"], "invalid_scope")


def keyed():
    for key, alg in [(ECKey.generate_key("P-256"), "ES256"), (OKPKey.generate_key("Ed25519"), "EdDSA")]:
        public = {"kid": "one", "alg": alg, **key.as_dict(private=False)}
        public = {name: public[name] for name in ("kid", "alg", "kty", "crv", "x", "y") if name in public}
        app = {**make({"confidential": True, "keys": [public]}), "secret": key}
        place = given["issuer"] + "/oauth/token"

        def proof(**claims):
            return PrivateKeyJWT(place, headers={"kid": "one"}, alg=alg, claims=claims or None)

        site = Site(app, "private_key_jwt", proof())
        token = site.sign_in()
        following = site.renew(token)
        equal(site.introspect(following["access_token"])["active"], True)
        site = Site(app, "private_key_jwt", proof(jti="the same"))
        last = site.renew(following)
        equal(refusal(site.renew, last), "invalid_client", "a proof counts once")
        site = Site(app, "private_key_jwt", proof())
        site.revoke(last["refresh_token"])
        equal(site.introspect(last["access_token"]), {"active": False})


def device():
    site = Site(make({"grants": ["device_code"]}), "none")

    def begin():
        place, pairs = site.places["device_authorization_endpoint"], {"client_id": site.app["id"]}
        answer = site.session().post(place, data={**pairs, "scope": given["scope"]}, withhold_token=True)
        answer.raise_for_status()
        return answer.json()

    def poll(begun):
        grant, code = "urn:ietf:params:oauth:grant-type:device_code", begun["device_code"]
        return site.session().fetch_token(grant_type=grant, device_code=code)

    begun = begin()
    equal(refusal(poll, begun), "authorization_pending")
    equal(refusal(poll, begun), "slow_down")
    browse(begun["verification_uri_complete"])
    ask({"ask": "wait"})
    token = poll(begun)
    equal(site.members(token), 200)
    equal(refusal(poll, begun), "invalid_grant")
    other = begin()
    browse(other["verification_uri_complete"], "no")
    equal(refusal(poll, other), "access_denied")


def exchange():
    token = Site(given["app"]).sign_in()
    site = Site(make({"confidential": True, "grants": ["token_exchange"]}))
    kind = "urn:ietf:params:oauth:token-type:access_token"

    def swap(by=site, **more):
        wish = {"subject_token": token["access_token"], "subject_token_type": kind, **more}
        grant = "urn:ietf:params:oauth:grant-type:token-exchange"
        return by.session().fetch_token(grant_type=grant, **wish)

    lesser = swap(scope="user.members.read")
    equal((lesser["issued_token_type"], lesser["scope"]), (kind, "user.members.read"))
    assert "refresh_token" not in lesser
    equal(site.members(lesser), 200)
    equal(site.introspect(lesser["access_token"])["sub"], given["person"]["id"])
    equal(refusal(swap, scope="user.invites.create"), "invalid_scope")
    equal(refusal(swap, audience="https://elsewhere.example"), "invalid_target")
    equal(refusal(swap, subject_token="nobodys"), "invalid_request")
    equal(refusal(swap, Site(given["app"])), "unauthorized_client")


def logout():
    ways = {"postLogoutRedirectUris": [given["out"]], "backchannelLogoutUri": given["ear"]}
    site = Site(make({"confidential": True, **ways}))
    token = site.sign_in()

    def leave(hint):
        wish = site.visitor.get("/leave", query_string={"hint": hint} if hint else None).location
        astray = browse(changed(wish, post_logout_redirect_uri="https://elsewhere.example/"))
        equal(urlsplit(astray).netloc, urlsplit(wish).netloc, "no browser is led astray")
        to = urlsplit(browse(wish))
        equal(to._replace(query="").geturl(), given["out"])
        return site.visitor.get("/out?" + to.query).get_json()

    equal(leave(token["id_token"]), {"post_logout_redirect_uri": given["out"]})
    word = ask({"ask": "told", "app": site.app["id"]})["token"]
    keys = KeySet.import_key_set(site.usher.fetch_jwk_set(force=True))
    told = jwt.decode(word, keys, algorithms=site.places["id_token_signing_alg_values_supported"])
    equal(told.header["typ"], "logout+jwt")
    claims, event = told.claims, "http://schemas.openid.net/event/backchannel-logout"
    jwt.JWTClaimsRegistry(iss={"value": given["issuer"]}, aud={"value": site.app["id"]}).validate(claims)
    equal((claims["sid"], claims["sub"]), (token["userinfo"]["sid"], token["userinfo"]["sub"]))
    assert claims["events"] == {event: {}} and "nonce" not in claims, claims
    equal(refusal(site.renew, token), "invalid_grant")
    equal(refusal(site.back, browse(changed(site.wish(), prompt="none"))), "login_required")
    site.sign_in()
    equal(leave(None), {"post_logout_redirect_uri": given["out"]}, "whoever shows no hint has the person asked")


def keys():
    site = Site(given["app"])
    first = site.sign_in()
    given["ahead"] = ask({"ask": "turn keys"})["ahead"]
    equal(site.members(first), 200, "the library renews a token that has ended by itself")
    [following] = site.renewed
    assert kid(following["access_token"]) != kid(first["access_token"])
    again = site.sign_in()
    assert kid(again["id_token"]) != kid(first["id_token"])
    equal(again["userinfo"]["sub"], first["userinfo"]["sub"])

    later = site.renew(following)
    ask({"ask": "wait"})
    equal(refusal(site.renew, first), "invalid_grant", "whoever stole it shows it late")
    equal(refusal(site.renew, later), "invalid_grant", "and nobody knows who stole it")


given = line()
# The machine's clock goes along with the platform's.
now = time.time
time.time = lambda: now() + given["ahead"]
globals()[given["journey"]]()
print(json.dumps({"ask": "nothing more"}), flush=True)
