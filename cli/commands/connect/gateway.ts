import { misuse } from '../../input/misuse.ts';

/** Reads where the gateway is, without a path at the end. @throws Invalid `usage` */
export function parseGatewayUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw misuse('--url is the gateway’s address, such as https://mcp.example.com.');
  }
  if (url.username !== '' || url.password !== '') throw misuse('--url can’t carry a user or password.');
  return url.href.replace(/\/(?:mcp\/?)?$/, '');
}
