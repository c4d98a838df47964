"""`graders serve`: what is wrong is said before anything listens."""

import signal
import subprocess

import pytest


def test_an_address_beyond_this_machine_demands_a_key(process):
    for host in ("0.0.0.0", "example.com"):
        done = process("serve", "--host", host, "--port", "0", env={"COLUMNS": "200"})
        assert done.returncode == 2
        assert b"GRADERS_API_KEY" in done.stderr


def test_a_file_without_a_key_is_no_file_of_keys(graders, folder):
    (folder / "keys").write_text("\n \n")
    done = graders("serve", "--api-key-file", "keys")
    assert done.exit_code == 1
    assert "there is no key in it" in done.stderr


@pytest.mark.parametrize("option", ["--model-base-url", "--webhook"])
def test_what_is_no_address_is_refused(graders, folder, option):
    (folder / "secret").write_text("whsec_" + "QUFB" * 8)
    secret = ("--webhook-secret-file", "secret") if option == "--webhook" else ()
    done = graders("serve", "--port", "0", option, "ftp://user:password@host/x", *secret)
    assert done.exit_code == 2
    assert "password" not in done.stderr


def test_webhooks_and_their_secret_need_each_other(graders, folder):
    (folder / "secret").write_text("whsec_" + "QUFB" * 8)
    assert graders("serve", "--webhook", "http://127.0.0.1:1/").exit_code == 2
    assert graders("serve", "--webhook-secret-file", "secret").exit_code == 2


@pytest.mark.parametrize(
    "text", ["", "QUFB" * 8, "whsec_", "whsec_QUFB", "whsec_!!!!", "whsec_" + "QUFB" * 40]
)
def test_a_secret_that_no_client_could_check_is_refused_and_not_repeated(graders, folder, text):
    (folder / "secret").write_text(text)
    done = graders("serve", "--webhook", "http://127.0.0.1:1/", "--webhook-secret-file", "secret")
    assert done.exit_code == 1
    assert "expected a secret" in done.stderr
    assert "QUFBQUFB" not in done.stderr


def test_a_store_that_cannot_be_opened_is_named(graders, folder):
    done = graders("serve", "--port", "0", "--database", "nosuch://x")
    assert done.exit_code == 1
    assert "the database cannot be opened" in done.stderr


def test_a_port_that_is_taken_is_named(process, command, folder):
    server = subprocess.Popen([*command, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip().removesuffix("/v1").rpartition(":")[2]
        done = process("serve", "--port", port, "--store", "other")
        assert done.returncode == 1
        expected = f"error: 127.0.0.1:{port}: address already in use; --port names another one"
        assert done.stderr.decode().startswith(expected)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        server.stdout.close()


@pytest.mark.parametrize("name", ["fastapi", "sqlalchemy", "uvicorn"])
def test_without_the_extra_the_command_that_installs_it_is_said(graders, monkeypatch, name):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    done = graders("serve", "--port", "0")
    assert done.exit_code == 1
    assert "pip install 'local-graders[server]'" in done.stderr
