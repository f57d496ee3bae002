// Sends a request byte for byte as it is told, over connections that are kept.
import http from 'node:http';

export class Client {
  constructor(address, connections) {
    this.address = new URL(address);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  close() {
    this.agent.destroy();
  }

  // { status, headers, body: Buffer }. Of a stream of events, what came until the first was whole.
  send({ method, path, headers = {}, body }) {
    return new Promise((answered, failed) => {
      const request = http.request({
        host: this.address.hostname,
        port: this.address.port,
        agent: this.agent,
        method,
        path,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
        timeout: 30_000,
      });
      request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path} within 30 s`)));
      request.on('error', failed);
      request.on('response', (response) => {
        const pieces = [];
        const events = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
        const answer = () => ({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) });
        response.on('data', (piece) => {
          pieces.push(piece);
          if (events && Buffer.concat(pieces).includes('\n\n')) {
            answered(answer());
            request.destroy();
          }
        });
        response.on('end', () => answered(answer()));
        response.on('error', failed);
      });
      request.end(body);
    });
  }

  // The same for JSON, for what is no test of its own.
  async ask(method, path, value, headers = {}) {
    const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    const answer = await this.send({
      method,
      path,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      body,
    });
    const text = answer.body.toString();
    return { ...answer, json: (answer.headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : undefined };
  }
}
