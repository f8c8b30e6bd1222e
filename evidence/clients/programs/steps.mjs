// How a program tells what it did: lines of JSON out, and the answers it waits for in.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => JSON.parse((await lines.next()).value);
const say = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

export const did = (step, came = "") => say({ did: step, came: String(came) });
export const sure = (truth, text) => {
  if (!truth) throw new Error(text);
};
// Sends a person there; returns the address of the application that they came back to.
export const visited = async (address) => {
  say({ visit: String(address) });
  return new URL(await heard());
};
// Does what must be refused, and returns how it was.
export const refused = async (work, expected) => {
  try {
    await work();
  } catch (error) {
    const told = [error.error, error.code, error.status, error.message].join(" ");
    sure(told.includes(expected), `it was refused in another way: ${told}`);
    return expected;
  }
  throw new Error("it was not refused");
};
export const run = async (program) => {
  try {
    await program(await heard());
    process.exit(0);
  } catch (error) {
    say({ failed: `${error.name}: ${error.message} ${error.code ?? ""} ${error.error ?? ""}`.slice(0, 500) });
    process.exit(1);
  }
};
