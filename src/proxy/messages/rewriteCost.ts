import { tooLarge } from '../../mcp/failures.ts';
import { describeExcess, excessSteps } from '../../mcp/jsonCost.ts';
import { inSlices } from '../../slices.ts';

/**
 * Checks what it costs to change a result for a client: that is done at once, whatever it is.
 * @throws Unavailable `upstream-too-large`
 */
export async function checkRewriteCost(server: string, result: Buffer): Promise<void> {
  const excess = await inSlices(excessSteps(result));
  if (excess === undefined) return;
  const what = `a result of ${result.length} bytes that ${describeExcess(excess)}, which is to be changed for this client`;
  throw tooLarge({ server }, what);
}
