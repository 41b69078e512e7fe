"""A mail server on loopback: smtp.py FOLDER PORT USERNAME PASSWORD

Demands STARTTLS and a password; stores each message as FOLDER/messages/NNNNN.json. A text in FOLDER/answer
is given as the answer to every message instead; "hang" there stores it and answers nothing until the file changes.
A text in FOLDER/password is the password instead.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, port, username, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
messages = os.path.join(folder, "messages")


def ordered(name, otherwise=""):
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return otherwise


class Keep:
    async def handle_DATA(self, server, session, envelope):
        answer = ordered("answer")
        if answer and answer != "hang":
            return answer
        raw = envelope.content.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8")
        name = os.path.join(messages, f"{len(os.listdir(messages)) + 1:05}.json")
        with open(name + ".new", "w", encoding="utf-8") as file:
            json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos, "raw": raw}, file)
        os.rename(name + ".new", name)
        while ordered("answer") == "hang":
            await asyncio.sleep(0.02)
        return "250 Stored"


def authenticate(server, session, envelope, mechanism, data):
    right = (username.encode(), ordered("password", password).encode())
    success = mechanism in ("LOGIN", "PLAIN") and (data.login, data.password) == right
    return AuthResult(success=success, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))


def connection():
    return SMTP(
        Keep(),
        hostname="localhost",
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticate,
        enable_SMTPUTF8=True,
    )


async def serve():
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", port, reuse_address=True)
    await server.serve_forever()


asyncio.run(serve())
