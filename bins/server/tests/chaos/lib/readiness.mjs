// What every node's readiness said over the run.

const EVERY_MS = 500;
const PATIENCE_MS = 2_500;

/** Asks all nodes again and again; answers of one node never wait for another's. */
export function watchReadiness(nodes) {
  const answers = [];
  let over = false;
  const watching = nodes.map(async (node) => {
    while (!over) {
      const t = Date.now();
      const { status } = await node.get('/health/ready', PATIENCE_MS);
      answers.push({ t, node: node.index, status, took: Date.now() - t });
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, t + EVERY_MS - Date.now())));
    }
  });
  return {
    async stop() {
      over = true;
      await Promise.all(watching);
      return answers;
    },
  };
}
