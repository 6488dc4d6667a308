// Keeps Engine.IO from hearing that the browser is offline.
//
// It would close its WebSocket. Once the network is back that close arrives as a clean goodbye, and the call is over. Left
// alone, the connection either survives or is replaced when the network returns. The page loads this before Socket.IO:
// a window calls its listeners in the order in which they came.

/** The event that the page's own parts hear instead. */
export const OFFLINE = 'network-lost';

addEventListener('offline', (event) => {
  event.stopImmediatePropagation();
  dispatchEvent(new Event(OFFLINE));
});
