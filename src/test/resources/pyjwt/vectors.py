#!/usr/bin/python3
"""Tokens that PyJWT and the service must understand of each other (PyJWT is Debian's python3-jwt).

    vectors.py make      writes pyjwt.jwt, which PyJWT made
    vectors.py check     reads both with PyJWT: pyjwt.jwt and accounts.jwt, which the service made
"""
import pathlib
import sys

import jwt

FOLDER = pathlib.Path(__file__).parent
SECRET = (FOLDER / "secret.txt").read_text().strip()
CLAIMS = {"id": 1, "sub": "1", "iss": "accounts", "iat": 1767225600, "exp": 32503680000}


def read(name):
    return (FOLDER / name).read_text().strip()


def check(name, expected):
    # The service's token has long expired: whether it has is not what this is about
    claims = jwt.decode(read(name), SECRET, algorithms=["HS256"], issuer="accounts",
                        options={"require": ["exp", "iat", "sub"], "verify_exp": False})
    assert {claim: claims[claim] for claim in expected} == expected, claims
    print(name, jwt.get_unverified_header(read(name)), claims)


if sys.argv[1:] == ["make"]:
    (FOLDER / "pyjwt.jwt").write_text(jwt.encode(CLAIMS, SECRET, algorithm="HS256") + "\n")
elif sys.argv[1:] == ["check"]:
    check("pyjwt.jwt", CLAIMS)
    check("accounts.jwt", {"id": 1, "sub": "1", "iss": "accounts", "iat": 1767225600, "exp": 1767229200})
else:
    sys.exit(__doc__)
