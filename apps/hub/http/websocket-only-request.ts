import { IncomingMessage } from 'node:http';

/**
 * A request that counts as an upgrade only when it asks for a WebSocket.
 *
 * Java's own HTTP client offers `Upgrade: h2c` with its first request. As soon as a server listens for upgrades at all,
 * Node hands such a POST over as a bare socket, its body unread, and an event would be lost. Node asks this property
 * once the headers are there, so that the offer can be passed over, as RFC 9110 allows.
 */
export class WebSocketOnlyRequest extends IncomingMessage {
  // Only declared: Node's constructor sets `upgrade` before a field of ours would exist.
  declare private offered: boolean;

  get upgrade(): boolean {
    return this.offered && isWebSocketUpgrade(this);
  }

  set upgrade(offered: boolean) {
    this.offered = offered;
  }
}

export function isWebSocketUpgrade(request: Pick<IncomingMessage, 'headers'>): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}
