"""Calling out: public addresses only, the one that was judged, within one deadline."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from ipaddress import ip_address

import pytest
from cryptography import x509

from app import webhook_caller
from app.webhook_caller import AddressForbidden, CallFailed, CallRules, call, check_url, is_public

HERE = CallRules(loopback=True)
PUBLIC = CallRules()


def post(url, rules=HERE, **options):
    return call(url, headers={"webhook-id": "evt_1"}, body=b"{}", rules=rules, **options)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.1.2.3", "100.64.0.1", "224.0.0.1",
     "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:db8::1"],
)  # fmt: skip
def test_an_address_inside_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "https_required"),
        ("https://example.com:22/", "port_forbidden"),
        ("https://example.com:99999/", "port_forbidden"),
        ("https://user:pw@example.com/", "url_malformed"),
        ("https://example.com/#part", "url_malformed"),
        ("https:///path", "url_malformed"),
        ("file:///etc/passwd", "url_malformed"),
        ("gopher://example.com/", "https_required"),
    ],
)
def test_a_url_that_may_not_be_called_is_named(url, code):
    with pytest.raises(AddressForbidden) as refused:
        check_url(url, PUBLIC)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/", "https://0x7f000001/",
     "https://127.1/", "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest/meta-data/"],
)  # fmt: skip
def test_in_production_this_machine_and_its_network_are_not_called_however_they_are_written(url):
    with pytest.raises(AddressForbidden) as refused:
        post(url, PUBLIC)
    assert refused.value.code == "address_not_public"


def test_in_development_other_machines_of_the_network_are_still_not_called():
    with pytest.raises(AddressForbidden):
        post("http://10.0.0.1/")


def test_a_name_with_one_inside_address_among_public_ones_is_refused(monkeypatch):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(webhook_caller.socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(AddressForbidden):
        post("https://rebinding.example/", PUBLIC)


def test_the_name_is_looked_up_once_and_the_judged_address_is_called(httpserver, monkeypatch):
    """A name that leads to us at the first look-up and elsewhere at the second is called where it was judged."""
    httpserver.expect_request("/hook").respond_with_data("")
    looked_up = []

    def look_up(host, port, **_):
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(looked_up) == 1 else "10.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        webhook_caller.socket,
        "getaddrinfo",
        lambda host, *a, **k: look_up(host, *a, **k) if "test" in host else real(host, *a, **k),
    )
    assert post(f"http://receiver.test:{httpserver.port}/hook") == 200
    assert looked_up == ["receiver.test"]
    assert httpserver.log[0][0].host == f"receiver.test:{httpserver.port}"


def test_an_unknown_name_is_said_so():
    with pytest.raises(CallFailed) as failed:
        post("https://no-such-name.invalid/")
    assert failed.value.code == "name_unknown"


@contextmanager
def server(behave):
    """A raw TCP server that behaves as told with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        stop = threading.Event()

        def serve():
            while not stop.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    behave(connection, stop)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["silent", "a byte at a time"])
def test_a_server_that_never_finishes_its_head_is_left_at_the_deadline(monkeypatch, words):
    monkeypatch.setattr(webhook_caller, "CALL_SECONDS", 1.0)

    def drip(connection, stop):
        connection.recv(1000)
        connection.sendall(words)
        while not stop.wait(0.1):
            try:
                connection.sendall(b"x" if words else b"")
            except OSError:
                return

    with server(drip) as url:
        began = time.monotonic()
        with pytest.raises(CallFailed) as failed:
            post(url)
        assert failed.value.code == "timeout"
        assert time.monotonic() - began < 2


def test_an_endless_body_is_not_read():
    def flood(connection, stop):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while not stop.is_set():
            try:
                connection.sendall(b"x" * 65536)
            except OSError:
                return

    with server(flood) as url:
        began = time.monotonic()
        assert post(url) == 200
        assert time.monotonic() - began < 2


def test_an_answer_that_is_not_http_is_broken():
    def talk(connection, _stop):
        connection.recv(1000)
        connection.sendall(b"220 smtp ready\r\n")

    with server(talk) as url, pytest.raises(CallFailed) as failed:
        post(url)
    assert failed.value.code == "broken_answer"


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for receiver.test."""
    from datetime import UTC, datetime, timedelta

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "receiver.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_url(certificate, monkeypatch):
    """A TLS server whose certificate names receiver.test, found under that name and another."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def answer(connection, _stop):
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                with secure.makefile("rb") as request:
                    head = list(iter(request.readline, b"\r\n"))
                    length = next(line for line in head if line.lower().startswith(b"content-length:"))
                    request.read(int(length.partition(b":")[2]))
                secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (ssl.SSLError, OSError):
            return

    with server(answer) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(webhook_caller.socket, "getaddrinfo", lambda *_, **__: found)
        yield lambda host: f"https://{host}:{port}/hook"


def test_the_certificate_is_checked_against_the_name_although_an_address_is_called(tls_url, certificate):
    trust = ssl.create_default_context(cafile=str(certificate))
    assert post(tls_url("receiver.test"), trust=trust) == 204
    with pytest.raises(CallFailed) as failed:
        post(tls_url("other.test"), trust=trust)
    assert failed.value.code == "tls_failed"


def test_a_certificate_that_nobody_signed_is_refused(tls_url):
    with pytest.raises(CallFailed) as failed:
        post(tls_url("receiver.test"))
    assert failed.value.code == "tls_failed"
