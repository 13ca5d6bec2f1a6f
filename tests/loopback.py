"""A system of the bank on this machine, for webhooks: answers as it is told and keeps what it was sent."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from tonglu.channels.webhook import WebhookChannel

SECRET = "a secret of the bank"


class System:
    """A system that answers with these statuses in turn, then 200; None breaks the connection, an Event waits for it."""

    def __init__(self, *answers, body=b"", location=None):
        self.answers, self.body, self.location = list(answers), body, location
        self.seen, self.connections = [], set()
        self.port = 0

    def answer(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.seen.append((dict(request.headers), body))
        self.connections.add(request.client_address)
        status = self.answers.pop(0) if self.answers else 200
        if isinstance(status, Event):
            status.wait(5)
            status = 200
        if status is None:
            request.close_connection = True
            return
        request.send_response(status)
        if self.location:
            request.send_header("Location", self.location)
        request.send_header("Content-Length", str(len(self.body)))
        request.end_headers()
        request.wfile.write(self.body)

    def channel(self, **options):
        return WebhookChannel(f"http://127.0.0.1:{self.port}/touches?bank=1", SECRET, **options)


@contextmanager
def running(system):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            system.answer(self)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *arguments: None
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    system.port = server.server_address[1]
    try:
        yield system
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
