import { tooLarge } from '../../mcp/failures.ts';
import { describeExcess, excessSteps, type JsonBounds } from '../../mcp/jsonCost.ts';
import { inSlices } from '../../slices.ts';

/**
 * Checks what it costs to change a result for a client: its text and its values are in memory meanwhile.
 * @throws Unavailable `upstream-too-large`
 */
export async function checkRewriteCost(server: string, result: Buffer, bounds: JsonBounds): Promise<void> {
  const excess = await inSlices(excessSteps(result, bounds));
  if (excess === undefined) return;
  const what = `a result of ${result.length} bytes that ${describeExcess(excess, bounds)}, which is to be changed for this client`;
  throw tooLarge({ server }, what);
}
