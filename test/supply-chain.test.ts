import { readFileSync } from 'node:fs';

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  inBundle?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const manifest = read('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>;
const lock = read('package-lock.json') as { packages: Record<string, Locked> };
const packages = Object.entries(lock.packages).filter(([place]) => place !== '');

describe('what others wrote', () => {
  test('is pinned to one version each', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    for (const [name, version] of all)
      expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
  });

  test('comes from the public registry and nowhere else', () => {
    const elsewhere = packages.filter(
      ([, { resolved }]) => resolved && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere).toEqual([]);
  });

  test('runs nothing of its own where Tocsin runs but what is listed here, and that only outside the image', () => {
    const scripts = packages
      .filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev)
      .map(([place]) => place);
    expect(scripts.sort()).toEqual(['node_modules/@scarf/scarf', 'node_modules/msgpackr-extract']);
  });

  test('is the same, byte for byte, at every installation on the system that the image has', () => {
    const ofTheImage = ({ os = ['linux'], cpu = ['x64'], libc = ['glibc'] }: Locked) =>
      os.includes('linux') && cpu.includes('x64') && libc.includes('glibc');
    const loose = packages.filter(([, one]) => !one.integrity?.startsWith('sha512-') && !one.inBundle);
    expect(loose.filter(([place, one]) => ofTheImage(one) && !/-(android|darwin|win32|musl)/.test(place))).toEqual([]);
    // Binaries of other systems: the registry's word is all there is.
    expect(loose.every(([, { optional }]) => optional)).toBe(true);
  });
});
