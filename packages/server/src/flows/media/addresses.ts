// Which network addresses a stranger's URL may make us connect to: public ones, and what the operator allows.
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Hosts by name, addresses, or CIDR ranges that may be reached although they are not public. */
export interface AddressRules {
  isHostAllowed(host: string): boolean;
  isAddressAllowed(address: string): boolean;
}

// IANA's registries of special-purpose addresses, and multicast.
const notPublicV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
// Of 2000::/3; everything outside it is refused. Teredo and 6to4 lead to IPv4 addresses of the sender's choosing.
const notPublicV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Throws for an entry that is neither a host name, nor an address, nor a range. */
export function readAddressRules(allowed: readonly string[]): AddressRules {
  const hosts = new Set<string>();
  const ranges: string[] = [];
  for (const entry of allowed) {
    const [address = '', bits] = entry.split('/');
    if (isIP(address))
      ranges.push(bits === undefined ? `${address}/${isIPv6(address) ? 128 : 32}` : entry);
    else if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry)) hosts.add(entry.toLowerCase());
    else
      throw new Error(
        `'${entry}' is neither a host name, nor an address, nor a range like 10.0.0.0/8`,
      );
  }
  const list = blockList(ranges);
  const isPublic = publicCheck();
  return {
    isHostAllowed: (host) => hosts.has(host.toLowerCase()),
    isAddressAllowed: (address) => isPublic(address) || list.check(address, familyOf(address)),
  };
}

function publicCheck(): (address: string) => boolean {
  const privateV4 = blockList(notPublicV4);
  const privateV6 = blockList(notPublicV6);
  const globalV6 = blockList(['2000::/3']);
  return (address) => {
    if (!isIPv6(address)) return isIP(address) === 4 && !privateV4.check(address, 'ipv4');
    // Mapped IPv4 addresses (::ffff:…) are outside 2000::/3 and never come from a resolver.
    return globalV6.check(address, 'ipv6') && !privateV6.check(address, 'ipv6');
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}
