"""scripts/nlpflow in a small checkout, with stand-ins for the tools that it starts."""

import shutil
import statistics
import subprocess
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY

# Everything that the launcher itself needs, and nothing else: what is missing on a machine is missing here.
SYSTEM = ["bash", "cat", "dirname", "env", "find", "flock", "mkdir", "mv", "perl", "readlink", "rmdir", "sed", "sleep", "touch"]

NODE = """#!/usr/bin/env bash
case $1 in
  --version) printf 'v24.1.0\\n' ;;
  *bundle.mjs) printf 'bundle\\n' >>"$LOG"; printf 'bundled' >"${1%/scripts/*}/ts/dist/main.js" ;;
  *) printf 'main:'; printf ' [%s]' "${@:2}"; printf '\\n'; exit "${MAIN_CODE:-0}" ;;
esac
"""
NPM = """#!/usr/bin/env bash
case $1 in
  ci) printf 'packages\\n' >>"$LOG"; sleep 0.2; mkdir -p "$ROOT/node_modules"; touch "$ROOT/node_modules/.package-lock.json" ;;
  run) printf 'native %s\\n' "$CARGO_TARGET_DIR" >>"$LOG"; sleep 0.2; [ -z "${BROKEN:-}" ] || exit 7
    for out; do :; done; touch "$out/nlpflow.linux-x64-gnu.node" "$out/index.d.ts" ;;
esac
"""
CARGO = "#!/usr/bin/env bash\nprintf 'cargo 9.95.0 (hash date)\\n'\n"
COMPILER = "#!/usr/bin/env bash\ncat >/dev/null\n"


class Checkout:
    """A checkout with the launcher, and a PATH of its own."""

    def __init__(self, folder: Path):
        self.root = folder / "a checkout"
        for name in ("package.json", "package-lock.json", "Cargo.toml", "rust-toolchain.toml", "scripts/nlpflow"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, self.root / name)
        for name in ("Cargo.lock", "crates/one/src/lib.rs", "ts/src/main.ts", "ts/src/old.ts", "scripts/bundle.mjs"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).touch()
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in SYSTEM:
            if found := shutil.which(name):
                (self.bin / name).symlink_to(found)
        for name, text in {"node": NODE, "npm": NPM, "cargo": CARGO, "c++": COMPILER}.items():
            self.tool(name, text)
        self.cache = folder / "cache"
        self.log = folder / "log"
        self.environment = {"PATH": str(self.bin), "HOME": str(folder), "LOG": str(self.log), "ROOT": str(self.root)}
        self.environment["NLPFLOW_CACHE"] = str(self.cache)

    def tool(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def open(self, *arguments: str, program: Path | str | None = None, cwd: Path | None = None, **environment: str):
        command = [str(program or self.root / "scripts/nlpflow"), *arguments]
        environment = {**self.environment, **environment}
        return subprocess.Popen(command, cwd=cwd, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def start(self, *arguments: str, **how) -> tuple[int, str, str]:
        process = self.open(*arguments, **how)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def built(self) -> list[str]:
        """What was built since this was last asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.split()[0] for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_start_builds_and_the_next_does_not(checkout: Checkout):
    code, out, err = checkout.start("runs", "two words", "")
    assert (code, out) == (0, "main: [runs] [two words] []\n")
    assert "building the native add-on" in err
    assert checkout.log.read_text().splitlines()[1] == f"native {checkout.cache / 'target'}"
    assert checkout.built() == ["packages", "native", "bundle"]
    assert checkout.start("runs", MAIN_CODE="3") == (3, "main: [runs]\n", "")
    assert checkout.built() == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda root: (root / "crates/one/src/lib.rs").write_text("changed"), ["native"]),
        (lambda root: (root / "Cargo.lock").write_text("changed"), ["native"]),
        (lambda root: (root / "ts/src/main.ts").write_text("changed"), ["bundle"]),
        (lambda root: (root / "ts/src/old.ts").unlink(), ["bundle"]),
        (lambda root: (root / "package-lock.json").write_text("{}"), ["packages", "bundle"]),
        (lambda root: (root / "ts/native/nlpflow.linux-x64-gnu.node").unlink(), ["native"]),
        (lambda root: (root / "ts/dist/main.js").unlink(), ["bundle"]),
    ],
    ids=["rust file", "Cargo.lock", "script", "deleted script", "packages", "lost add-on", "lost bundle"],
)
def test_what_changed_is_built_again(checkout: Checkout, change, expected: list[str]):
    checkout.start()
    checkout.built()
    time.sleep(0.02)
    change(checkout.root)
    assert checkout.start("x")[:2] == (0, "main: [x]\n")
    assert checkout.built() == expected
    checkout.start()
    assert checkout.built() == []


def test_starts_through_links_and_from_any_folder(checkout: Checkout, tmp_path: Path):
    checkout.start()
    (tmp_path / "links/deep").mkdir(parents=True)
    absolute, relative = tmp_path / "links/absolute", tmp_path / "links/deep/relative"
    absolute.symlink_to(checkout.root / "scripts/nlpflow")
    relative.symlink_to("../absolute")
    for program, cwd in [(absolute, tmp_path), (relative, Path("/")), ("./relative", tmp_path / "links/deep")]:
        assert checkout.start("x", program=program, cwd=cwd) == (0, "main: [x]\n", "")
    on_path = {"PATH": f"{absolute.parent}:{checkout.bin}"}
    assert checkout.start("-c", "absolute x", program=shutil.which("bash"), **on_path) == (0, "main: [x]\n", "")
    scripts = checkout.root / "scripts"
    assert checkout.start("nlpflow", "x", program=shutil.which("bash"), cwd=scripts) == (0, "main: [x]\n", "")


@pytest.mark.parametrize("lock", ["flock", "perl"])
def test_two_starts_at_once_build_once(checkout: Checkout, lock: str):
    other = {"flock": "perl", "perl": "flock"}[lock]
    if not (checkout.bin / lock).exists():
        pytest.skip(f"{lock} is not here")
    (checkout.bin / other).unlink(missing_ok=True)
    processes = [checkout.open("x") for _ in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "main: [x]\n"), err
    assert checkout.built() == ["packages", "native", "bundle"]


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("node", ["Node.js 20.19", "apt-get install -y nodejs npm", "dnf install -y nodejs npm", "brew install node"]),
        ("npm", ["Node.js 20.19", "with npm"]),
        ("cargo", ["Rust 1.", "found: none", "rustup", "brew install rustup"]),
        ("c++", ["C++17", "apt-get install -y g++", "dnf install -y gcc-c++", "xcode-select --install"]),
    ],
)
def test_a_missing_tool_is_named_with_the_lines_that_install_it(checkout: Checkout, tool: str, words: list[str]):
    (checkout.bin / tool).unlink()
    code, out, err = checkout.start("runs")
    assert (code, out) == (1, "")
    for word in [*words, "apt:", "dnf:", "brew:"]:
        assert word in err
    assert checkout.built() == []


@pytest.mark.parametrize(
    ("tool", "text", "fine"),
    [
        ("node", NODE.replace("v24.1.0", "v20.9.0"), False),
        ("node", NODE.replace("v24.1.0", "v20.19.0"), True),
        ("cargo", CARGO.replace("9.95.0", "1.9.0"), False),
        ("cargo", CARGO.replace("9.95.0", "2.0.0-nightly"), True),
        ("c++", "#!/usr/bin/env bash\nexit 1\n", False),
    ],
    ids=["old Node", "oldest Node", "old Rust", "nightly Rust", "old compiler"],
)
def test_versions_are_compared_as_numbers(checkout: Checkout, tool: str, text: str, fine: bool):
    checkout.tool(tool, text)
    code, _, err = checkout.start("runs")
    assert code == (0 if fine else 1), err
    assert bool(checkout.built()) is fine


def test_a_failed_build_says_so_and_is_tried_again(checkout: Checkout):
    code, out, err = checkout.start("runs", BROKEN="1")
    assert code != 0 and out == "" and "the build failed" in err
    assert checkout.built() == ["packages", "native"]
    assert checkout.start("x")[:2] == (0, "main: [x]\n")
    assert checkout.built() == ["native", "bundle"]


def test_a_later_start_adds_less_than_fifty_milliseconds(checkout: Checkout):
    # The sources as they are, so that the searches have the real number of files to look at.
    for name in ("crates", "ts/src"):
        shutil.copytree(REPOSITORY / name, checkout.root / name, dirs_exist_ok=True)
    checkout.start()
    checkout.built()

    def seconds(command: list[str]) -> float:
        began = time.perf_counter()
        subprocess.run(command, env=checkout.environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    launched, direct = [], []
    for _ in range(15):
        launched.append(seconds([str(checkout.root / "scripts/nlpflow")]))
        direct.append(seconds([str(checkout.bin / "node"), str(checkout.root / "ts/dist/main.js")]))
    assert checkout.built() == []
    added = statistics.median(launched) - statistics.median(direct)
    assert added < 0.05, f"{1000 * added:.1f} ms"
