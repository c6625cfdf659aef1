import { get } from "node:http";

type Environment = Record<string, string | undefined>;

/** The address of a Docker engine that answers, or `undefined`. */
export async function dockerEngine(env: Environment): Promise<string | undefined> {
  const address = env["DOCKER_HOST"] || "unix:///var/run/docker.sock";
  // Answering over ssh takes a login: the attempt itself will tell.
  if (address.startsWith("ssh://")) return address;
  return (await answersPing(address)) ? address : undefined;
}

function answersPing(address: string): Promise<boolean> {
  const target = address.startsWith("unix://")
    ? { socketPath: address.slice("unix://".length) }
    : { host: new URL(address).hostname, port: new URL(address).port };
  return new Promise((resolve) => {
    const request = get({ ...target, path: "/_ping", timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
    request.once("close", () => resolve(false));
  });
}
