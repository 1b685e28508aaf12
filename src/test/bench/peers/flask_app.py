"""The hot path of the Flask original: set_user before every request, login_required, sqlite3; and its login."""
import functools
import os
import sqlite3
import time

import flask
import jwt
import werkzeug.security

SECRET = "super-secret-string, made longer for this bench"
app = flask.Flask(__name__)


def db():
    if "db" not in flask.g:
        flask.g.db = sqlite3.connect(os.environ["DATABASE"])
        flask.g.db.row_factory = sqlite3.Row
    return flask.g.db


with sqlite3.connect(os.environ["DATABASE"]) as connection:
    connection.execute("create table if not exists user (id integer primary key, first_name text, last_name text, "
                       "email text unique, password text, created_on text)")
    connection.execute("insert or ignore into user values (1, 'A', 'B', 'a@example.com', ?, '2026-11-23T21:18:18Z')",
                       (werkzeug.security.generate_password_hash("1234"),))


@app.before_request
def set_user():
    flask.g.user = None
    try:
        claims = jwt.decode(flask.request.headers.get("Authorization", ""), SECRET, algorithms=["HS256"])
        flask.g.user = db().execute("select * from user where id = ?", (claims["id"],)).fetchone()
    except jwt.InvalidTokenError:
        pass


@app.teardown_appcontext
def close_db(_error):
    if "db" in flask.g:
        flask.g.pop("db").close()


def login_required(view):
    @functools.wraps(view)
    def wrapped(**kwargs):
        if flask.g.user is None:
            return {"error": "Authentication failed"}, 401
        return view(**kwargs)

    return wrapped


@app.post("/auth/get-token/")
def login():
    given = flask.request.get_json()
    user = db().execute("select * from user where email = ?", (given["email"],)).fetchone()
    if user is None or not werkzeug.security.check_password_hash(user["password"], given["password"]):
        return {"error": "Incorrect email or password"}, 401
    return {"token": jwt.encode({"id": user["id"], "exp": int(time.time()) + 3600}, SECRET, algorithm="HS256")}


@app.get("/users/<int:user_id>/")
@login_required
def read(user_id):
    user = db().execute("select id, first_name, last_name, email, created_on from user where id = ?", (user_id,)).fetchone()
    return dict(user) if user else ({"error": "Invalid user id"}, 404)
