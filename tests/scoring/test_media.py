"""Pictures and sounds: what is sent as it is, which files are read, and why the others are not."""

import base64
import os
import socket

import pytest

from graders.scoring import _media
from graders.scoring._media import LARGEST_FILE, Picture, Sound

PNG = b"\x89PNG\r\n\x1a\n and pixels"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
MP3 = b"ID3\x04\x00 and frames"


def encoded(content):
    return base64.b64encode(content).decode()


@pytest.fixture
def root(tmp_path):
    """Make a folder of media, with a secret beside it."""
    (tmp_path / "secret.png").write_bytes(PNG + b"secret")
    folder = tmp_path / "media"
    (folder / "below").mkdir(parents=True)
    (folder / "cat.png").write_bytes(PNG)
    (folder / "below" / "cat.png").write_bytes(PNG + b"below")
    (folder / "a word.wav").write_bytes(WAV)
    return folder


def detail_of(failure):
    assert failure.reason == "media_unavailable"
    return failure.detail


@pytest.mark.parametrize(
    "address",
    [
        "http://x/cat.png",
        "https://x/../cat.png",
        "HTTPS://X/",
        "data:image/png;base64,AAAA",
        "data:,",
        "Data:x",
    ],
)
def test_an_address_and_a_data_url_of_a_picture_are_sent_as_they_are(address):
    assert Picture(None).ready(address) == address


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat.png", PNG),
        ("./cat.png", PNG),
        ("below/cat.png", PNG + b"below"),
        ("below//./cat.png", PNG + b"below"),
    ],
)
def test_a_path_is_read_from_the_media_root(root, name, expected):
    assert Picture(root).ready(name) == f"data:image/png;base64,{encoded(expected)}"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg"),
        (b"GIF87a..", "gif"),
        (b"GIF89a..", "gif"),
        (b"RIFF\n\n\n\nWEBPVP8 ", "webp"),
    ],
)
def test_the_type_of_a_picture_is_what_its_first_bytes_say(root, content, kind):
    (root / "picture.txt").write_bytes(content)
    assert Picture(root).ready("picture.txt") == f"data:image/{kind};base64,{encoded(content)}"


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG", b"RIFF\n\n\n\nWAVE", b"BM", b" GIF89a"])
def test_every_other_type_of_picture_is_a_failure(root, content):
    (root / "cat.png").write_bytes(content)
    assert detail_of(Picture(root).ready("cat.png")) == (
        "'cat.png' is none of png, jpeg, gif, webp, by its first bytes"
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WAV, "wav"),
        (MP3, "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf3\x90\x00", "mp3"),
        (b"\xff\xe3\x90\x00", "mp3"),
    ],
)
def test_a_sound_at_a_path_is_sent_as_base64(root, content, kind):
    (root / "below" / "sound.x").write_bytes(content)
    assert Sound(root, kind).ready("below/sound.x") == encoded(content)


@pytest.mark.parametrize("content", [b"", b"OggS", b"\xff\xf1\x50\x80", b"\xff\xd8\xff", b"RIFF\n\n\n\nWEBP"])
def test_every_other_type_of_sound_is_a_failure(root, content):
    (root / "sound.wav").write_bytes(content)
    assert detail_of(Sound(root, "wav").ready("sound.wav")) == (
        "'sound.wav' is none of wav, mp3, by its first bytes"
    )


def test_a_sound_of_another_format_than_the_prompt_says_is_a_failure(root):
    assert detail_of(Sound(root, "mp3").ready("a word.wav")) == (
        "'a word.wav' holds wav, and the prompt says mp3"
    )


@pytest.mark.parametrize("text", [encoded(WAV), "UklG", "QQ=="])
@pytest.mark.parametrize("prefix", ["", "data:audio/wav;base64,", "data:;base64,", "DATA:audio/mp3;BASE64,"])
def test_of_a_sound_that_is_data_the_base64_is_sent(prefix, text):
    assert Sound(None, "wav").ready(prefix + text) == text


@pytest.mark.parametrize("text", ["data:audio/wav,x", "data:audio/wav;base64,", "data:;base64,QQ", "data:"])
def test_a_data_url_of_a_sound_without_base64_is_a_failure(root, text):
    assert detail_of(Sound(root, "wav").ready(text)) == (
        f"expected a data URL that holds base64; got {text!r}"
    )


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_nothing_is_a_failure(root, text):
    assert detail_of(Picture(root).ready(text)) == "the image_url is empty"
    assert detail_of(Sound(root, "wav").ready(text)) == "the audio data are empty"


@pytest.mark.parametrize("media", [Picture(None), Sound(None, "wav")])
def test_without_a_media_root_a_path_is_a_failure_that_names_the_flag(media):
    assert detail_of(media.ready("cat.png")) == (
        "'cat.png' is a path, and no folder of media is named: --media-root"
        " (in Python: Options(media_root=...))"
    )


@pytest.mark.parametrize("text", ["ftp://x/cat.png", "file:///etc/passwd", "javascript://x"])
def test_any_other_address_is_a_failure(root, text):
    assert detail_of(Picture(root).ready(text)) == f"expected http, https, data or a path; got {text!r}"


@pytest.mark.parametrize(
    "text",
    [
        "../secret.png",
        "below/../../secret.png",
        "below/../cat.png",
        "..\\secret.png",
        "/etc/passwd",
        "{root}/cat.png",
        "\\\\server\\share\\cat.png",
        "C:\\cat.png",
        "C:cat.png",
        "//etc/passwd",
    ],
)
def test_a_path_that_leads_out_of_the_media_root_is_a_failure(root, text):
    detail = detail_of(Picture(root).ready(text.replace("{root}", str(root))))
    assert detail.endswith(" leads out of the media root: expected a path below it")


@pytest.mark.parametrize("target", ["../secret.png", "{root}/../secret.png"])
@pytest.mark.parametrize("link", ["link.png", "below/link.png", "folder/secret.png"])
def test_a_link_that_leads_out_is_a_failure(root, target, link):
    target = os.path.join(root, target.replace("{root}", str(root)))
    if link.startswith("folder"):
        (root / "folder").symlink_to(root.parent)
    else:
        (root / link).symlink_to(target)
    assert detail_of(Picture(root).ready(link)) == f"{link!r} leads out of the media root by a link"


def test_a_link_that_stays_inside_is_followed(root):
    (root / "link.png").symlink_to("below/cat.png")
    (root / "folder").symlink_to("below")
    expected = Picture(root).ready("below/cat.png")
    assert Picture(root).ready("link.png") == Picture(root).ready("folder/cat.png") == expected


def test_the_media_root_may_itself_be_a_link(root):
    link = root.parent / "link"
    link.symlink_to(root)
    assert Picture(link).ready("cat.png") == Picture(root).ready("cat.png")


def test_a_folder_beside_whose_name_begins_alike_is_outside(root):
    beside = root.parent / "media-of-others"
    beside.mkdir()
    (root / "link").symlink_to(beside)
    (beside / "cat.png").write_bytes(PNG)
    assert "leads out" in detail_of(Picture(root).ready("link/cat.png"))


@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_that_appears_after_the_check_is_not_followed(root, monkeypatch, swapped):
    checked = _media._place

    def swap(text, folder):
        found = checked(text, folder)
        if swapped == "file":
            (root / "below" / "cat.png").unlink()
            (root / "below" / "cat.png").symlink_to(root.parent / "secret.png")
        else:
            (root.parent / "cat.png").write_bytes(PNG + b"secret")
            (root / "below").rename(root / "was")
            (root / "below").symlink_to(root.parent)
        return found

    monkeypatch.setattr(_media, "_place", swap)
    assert "cannot be read" in detail_of(Picture(root).ready("below/cat.png"))


@pytest.mark.parametrize("text", [".", "below", "below/", "pipe", "socket", "device"])
def test_what_is_no_regular_file_is_a_failure_and_nothing_is_waited_for(root, text):
    if text == "pipe":
        os.mkfifo(root / text)
    if text == "device":
        (root / text).symlink_to("/dev/zero")
    if text == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.path.relpath(root / text))
    detail = detail_of(Picture(root).ready(text))
    assert detail.endswith("leads out of the media root by a link" if text == "device" else "no regular file")


@pytest.mark.parametrize("text", ["pipe", "below"])
def test_what_turns_into_no_regular_file_after_the_check_is_not_waited_for(root, monkeypatch, text):
    monkeypatch.setattr(_media.Path, "is_file", lambda self: True)
    os.mkfifo(root / "pipe")
    assert detail_of(Picture(root).ready(text)) == f"{text!r} is no regular file"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dog.png", "no such file or directory"),
        ("cat.png/x", "not a directory"),
        ("x" * 300, "file name too long"),
        ("loop", "too many levels of symbolic links"),
    ],
)
def test_what_cannot_be_read_is_a_failure_that_says_why(root, text, expected):
    (root / "loop").symlink_to("loop")
    assert detail_of(Picture(root).ready(text)).endswith(f"cannot be read: {expected}")


@pytest.mark.parametrize("text", ["cat\0.png", "\ud800.png"])
def test_a_text_that_no_path_can_be_is_a_failure(root, text):
    assert detail_of(Picture(root).ready(text)) == f"{text!r} is no path"


def test_a_missing_media_root_is_a_failure(tmp_path):
    assert "cannot be read" in detail_of(Picture(tmp_path / "none").ready("cat.png"))


def test_a_file_of_the_largest_size_is_sent_and_a_larger_one_is_a_failure(root):
    with open(root / "large.png", "wb") as file:
        file.write(PNG)
        file.truncate(LARGEST_FILE)
    assert len(Picture(root).ready("large.png")) > LARGEST_FILE
    os.truncate(root / "large.png", LARGEST_FILE + 1)
    for size in (LARGEST_FILE + 1, 2**40):  # whoever read a terabyte would say another thing
        os.truncate(root / "large.png", size)
        assert detail_of(Picture(root).ready("large.png")) == "'large.png' is larger than 20 MiB"


def test_where_a_folder_cannot_be_opened_step_by_step_a_path_is_opened_as_a_whole(root, monkeypatch):
    step_by_step = Picture(root).ready("below/cat.png")
    monkeypatch.setattr(os, "supports_dir_fd", set())
    assert Picture(root).ready("below/cat.png") == step_by_step
    (root / "link.png").symlink_to(root / "cat.png")
    with pytest.raises(OSError, match="symbolic links"):
        _media._open_below(str(root), ["link.png"])


def test_a_very_long_text_is_named_by_its_beginning(root):
    assert len(detail_of(Picture(root).ready("x" * 10_000_000))) < 200
    assert len(detail_of(Sound(root, "wav").ready("-" * 10_000_000))) < 200
