// Writes migrations/data/places.csv, the Philippine Standard Geographic Code as one tree, from
// @aivangogh/ph-address, and refuses to write a tree that is not whole.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  getAllProvinces,
  getAllRegions,
  getBarangaysByMunicipality,
  getMunicipalitiesByProvince,
} from '@aivangogh/ph-address';

type Level = 'region' | 'province' | 'city' | 'sub_municipality' | 'barangay';
type Place = { code: string; name: string; level: Level; parent_code: string };

const TARGET = join(import.meta.dirname, '../migrations/data/places.csv');

const REGION_COUNT = 18;
const BARANGAY_COUNT = 42_011;
const PROVINCE_CODES_PER_REGION = 1_000;

// Every way a city can hang in the tree; the last name of each path is its region.
const KNOWN_PATHS: Record<string, string> = {
  '1381300000': 'Quezon City < National Capital Region (NCR)',
  '1380608000': 'Ermita < Manila City < National Capital Region (NCR)',
  '0730600000': 'Cebu City < Region VII (Central Visayas)',
  '1130700000': 'Davao City < Region XI (Davao Region)',
  '1430300000': 'Baguio City < Cordillera Administrative Region (CAR)',
  '1401110000': 'La Trinidad < Benguet < Cordillera Administrative Region (CAR)',
  '0990101000': 'Isabela City < Region IX (Zamboanga Peninsula)',
  '1908703000':
    'Cotabato City < Maguindanao del Norte < Bangsamoro Autonomous Region in Muslim Mindanao (BARMM)',
  '1381000000': 'Parañaque City < National Capital Region (NCR)',
};

const places = collectPlaces().sort((a, b) => (a.code < b.code ? -1 : 1));
checkPlaces(places);
writeFileSync(TARGET, toCsv(places));
console.log(`${places.length} places written to ${TARGET}`);

function collectPlaces(): Place[] {
  const regions = getAllRegions().map(({ psgcCode, name, designation }) => ({
    code: psgcCode,
    name: tidyName(designation ? `${name} (${designation})` : name),
    level: 'region' as const,
    parent_code: '',
  }));
  const provinces = getAllProvinces().map(({ psgcCode, name, regionCode }) => ({
    code: psgcCode,
    name: tidyName(name),
    level: 'province' as const,
    parent_code: regionCode,
  }));
  const provinceCodes = new Set(provinces.map((province) => province.code));
  const cities = collectCities(regions, provinceCodes);
  const barangays = cities.flatMap((city) =>
    getBarangaysByMunicipality(city.code).map(({ psgcCode, name }) => ({
      code: psgcCode,
      name: tidyName(name),
      level: 'barangay' as const,
      parent_code: city.code,
    })),
  );
  return [...regions, ...provinces, ...cities, ...barangays];
}

/**
 * Cities, municipalities and the sub-municipalities of Manila. The package lists a city only under
 * its province's code, and files those without a province under their own code, their region's, or
 * one that is nobody's; so every code that a province could have is tried.
 */
function collectCities(regions: Place[], provinceCodes: Set<string>): Place[] {
  const cities = regions
    .flatMap((region) => listPossibleProvinceCodes(region.code))
    .flatMap((provinceCode) => getMunicipalitiesByProvince(provinceCode));
  const cityCodes = new Set(cities.map((city) => city.psgcCode));

  return cities.map(({ psgcCode, name, provinceCode }) => {
    const isInCity = provinceCode !== psgcCode && cityCodes.has(provinceCode);
    const hasParent = isInCity || provinceCodes.has(provinceCode);
    return {
      code: psgcCode,
      name: tidyName(name),
      level: isInCity ? 'sub_municipality' : 'city',
      parent_code: hasParent ? provinceCode : `${psgcCode.slice(0, 2)}00000000`,
    };
  });
}

function listPossibleProvinceCodes(regionCode: string): string[] {
  return Array.from(
    { length: PROVINCE_CODES_PER_REGION },
    (_, number) => `${regionCode.slice(0, 2)}${String(number).padStart(3, '0')}00000`,
  );
}

// The source capitalises some particles and keeps the asterisks of PSA's footnotes.
function tidyName(name: string): string {
  return name
    .normalize('NFC')
    .trim()
    .replace(/\*$/, '')
    .replace(/(?<=\S )(De (Las?|Los)|Del?|In)(?= )/g, (particle) => particle.toLowerCase());
}

function checkPlaces(sorted: Place[]): void {
  const byCode = new Map<string, Place>();
  for (const place of sorted) {
    assert.match(place.code, /^\d{10}$/, `malformed code of ${place.name}`);
    assert.ok(!byCode.has(place.code), `duplicate code ${place.code}`);
    assert.match(place.name, /^[\w .,()'&/ñÑ-]+$/, `odd character in ${place.code} ${place.name}`);
    // A parent sorts before its children, so that the file can be loaded from top to bottom.
    const hasParent = byCode.has(place.parent_code);
    assert.equal(hasParent, place.level !== 'region', `wrong parent of ${place.code}`);
    byCode.set(place.code, place);
  }
  const countOf = (level: Level) => sorted.filter((place) => place.level === level).length;
  assert.equal(countOf('region'), REGION_COUNT, 'regions');
  assert.equal(countOf('barangay'), BARANGAY_COUNT, 'barangays');
  for (const [code, path] of Object.entries(KNOWN_PATHS)) {
    assert.equal(describePath(byCode, code), path);
  }
}

function describePath(byCode: Map<string, Place>, code: string): string {
  const place = byCode.get(code);
  if (!place) return `no place ${code}`;
  return place.parent_code
    ? `${place.name} < ${describePath(byCode, place.parent_code)}`
    : place.name;
}

function toCsv(sorted: Place[]): string {
  const lines = sorted.map(({ code, name, level, parent_code }) =>
    [code, name.includes(',') ? `"${name}"` : name, level, parent_code].join(','),
  );
  return `${['code,name,level,parent_code', ...lines].join('\n')}\n`;
}
