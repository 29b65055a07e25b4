#!/usr/bin/env python3
"""Silent and slow peers beside honest uploads, by the real clock.

    scripts/silent-peers.py [--archive target/archive] [--seconds 30] [--runs 5] [KIND ...]

KIND: puts, json, bundles, idle, heads, readers (default: all). For each: 8 uploads that take about
SECONDS each when it is quiet, then the same beside the peers, RUNS times. Prints the median of both,
how many uploads succeeded, after how many seconds the last peer was cut, the slowest answer of
/health/live, and the server's memory before and after. Exits with 1 where a promise is broken.
"""
import argparse, json, os, shutil, socket, statistics, subprocess, sys, tempfile, threading, time
import urllib.request

COUNTS = {"puts": 250, "json": 250, "bundles": 250, "idle": 2000, "heads": 50, "readers": 200}
UPLOADS = 8


def call(base, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path if path.startswith("/") else path, data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def init(base, files, size=1):
    return call(base, "POST", "/api/batches/init",
                {"uploader": "x", "root_path": "/", "file_count": files, "total_size": files * size})["batch_id"]


def start_many(base, batch, paths, size):
    urls = []
    for at in range(0, len(paths), 500):
        files = [{"file_name": "f", "file_size": size, "logical_path": p, "content_type": "text/plain"}
                 for p in paths[at:at + 500]]
        answer = call(base, "POST", f"/api/batches/{batch}/files/start", {"files": files})
        urls += [f["presigned_url"] for f in answer["files"]]
    return urls


class Upload(threading.Thread):
    """One file after the other, each in three calls, until the time is full; a pace as of a scanner."""

    def __init__(self, base, files, pause):
        super().__init__()
        self.base, self.files, self.pause, self.ok, self.took = base, files, pause, False, 0

    def run(self):
        began = time.monotonic()
        try:
            batch = init(self.base, self.files, 1000)
            for i in range(self.files):
                url = start_many(self.base, batch, [f"/f{i}"], 1000)[0]
                request = urllib.request.Request(url, b"x" * 1000, {"Content-Type": "text/plain"}, method="PUT")
                urllib.request.urlopen(request, timeout=60).read()
                call(self.base, "POST", f"/api/batches/{batch}/files/complete",
                     {"r2_key": f"staging/{batch}/f{i}"})
                time.sleep(self.pause)
            call(self.base, "POST", f"/api/batches/{batch}/finalize")
            self.ok = True
        except Exception as e:
            print("  an upload failed:", e)
        self.took = time.monotonic() - began


class Peers:
    def __init__(self, base, kind):
        host, port = base[len("http://"):].split(":")
        self.address, self.kind = (host, int(port)), kind
        self.first = {}
        if kind == "puts":
            self.batch = init(base, COUNTS[kind])
            self.urls = start_many(base, self.batch, [f"/p{i}" for i in range(COUNTS[kind])], 1 << 20)
        if kind in ("bundles", "json"):
            self.batch = init(base, 1)
        if kind == "readers":
            self.batch = init(base, 30000)
            start_many(base, self.batch, ["/" + "d" * 200 + f"/{i}" for i in range(30000)], 1)
        self.sockets = [self.open(i) for i in range(COUNTS[kind])]
        self.began = time.monotonic()
        self.cut, self.ended = 0, False
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def open(self, i):
        s = socket.socket()
        if self.kind == "readers":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(self.address)
        # Another name than the server's own would be refused before anything is waited for.
        name = "{}:{}".format(*self.address)
        post = "POST {} HTTP/1.1\r\nHost: " + name + "\r\nContent-Length: 1000\r\n\r\nsome"
        head = {
            "puts": lambda: "PUT {} HTTP/1.1\r\nHost: {}\r\nContent-Length: 1048576\r\n\r\nsome".format(
                self.urls[i].split("/", 3)[3].join(["/", ""]), name),
            "json": lambda: post.format(["/api/batches/init", f"/api/batches/{self.batch}/files/start"][i % 2]),
            "bundles": lambda: post.format(f"/api/batches/{self.batch}/files/bundle"),
            "idle": lambda: "",
            "heads": lambda: "GET / HT",
            "readers": lambda: f"GET /api/batches/{self.batch}/status HTTP/1.1\r\nHost: {name}\r\n\r\n",
        }[self.kind]()
        s.sendall(head.encode())
        s.setblocking(False)
        return s

    def watch(self):
        """Drips, reads slowly, and sees when each is cut."""
        left, last = set(self.sockets), 0
        while left and not self.ended:
            now = time.monotonic()
            act = now - last > 5
            last = now if act else last
            for s in list(left):
                try:
                    if act and self.kind == "heads":
                        s.send(b"x")
                    if self.kind != "readers" or act:
                        if s.recv(2048) == b"":
                            raise ConnectionError
                except BlockingIOError:
                    pass
                except OSError:
                    left.discard(s)
                    self.cut = now - self.began
            time.sleep(0.1)
        self.left = len(left)

    def end(self):
        self.ended = True
        self.thread.join()
        for s in self.sockets:
            s.close()


def memory(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(l.split()[1]) // 1024 for l in f if l.startswith("VmRSS"))


def live(base, slowest, done):
    while not done.is_set():
        began = time.monotonic()
        try:
            urllib.request.urlopen(base + "/health/live", timeout=60).read()
        except OSError:
            slowest.append(60)
        slowest.append(time.monotonic() - began)
        done.wait(0.5)


def uploads(base, seconds):
    all_ = [Upload(base, int(seconds * 5), 0.2) for _ in range(UPLOADS)]
    for each in all_:
        each.start()
    for each in all_:
        each.join()
    return all_


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--archive", default="target/archive")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("kinds", nargs="*", default=list(COUNTS))
    args = parser.parse_args()
    home = tempfile.mkdtemp(prefix="peers-")
    env = dict(os.environ, ARCHIVE_JAVA_OPTS="-Xmx256m", ARCHIVE_HOME=home, XDG_STATE_HOME=home, XDG_CACHE_HOME=home + "/c")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([args.archive, "serve", "--root", home + "/root", "--listen", f"127.0.0.1:{port}"],
                              env=env, stdout=subprocess.DEVNULL)
    bad = False
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(base + "/health/live", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        for kind in args.kinds:
            quiet = statistics.median(u.took for _ in range(args.runs) for u in uploads(base, args.seconds))
            before, beside, ok, cut, left, slowest = memory(server.pid), [], 0, 0, 0, [0]
            for _ in range(args.runs):
                done = threading.Event()
                peers = Peers(base, kind)
                watch = threading.Thread(target=live, args=(base, slowest, done))
                watch.start()
                ran = uploads(base, args.seconds)
                done.set()
                watch.join()
                peers.end()
                beside += [u.took for u in ran]
                ok += sum(u.ok for u in ran)
                cut, left = max(cut, peers.cut), left + peers.left
            median = statistics.median(beside)
            print(f"{kind}: {ok} of {UPLOADS * args.runs} uploads, median {median:.1f} s (quiet {quiet:.1f} s),"
                  f" last cut after {cut:.1f} s, {left} not cut, slowest health {max(slowest):.2f} s,"
                  f" memory {before} -> {memory(server.pid)} MiB", flush=True)
            bad |= ok < UPLOADS * args.runs or median > 2 * quiet or left > 0 or cut > 16
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(home)
    return 1 if bad else 0


sys.exit(main())
