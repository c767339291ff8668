// Where the demo people live: beginnings of PSGC codes.

/** Farming provinces: Benguet, Nueva Ecija, Tarlac, Pangasinan, Laguna, Quezon, Batangas, Camarines Sur, Bukidnon, South Cotabato. */
export const FARM_AREAS = [
  '14011',
  '03049',
  '03069',
  '01055',
  '04034',
  '04056',
  '04010',
  '05017',
  '10013',
  '12063',
] as const;

/** Metro Manila, Cebu City, Davao City, Iloilo City and Baguio City. */
export const CITY_AREAS = ['138', '07306', '11307', '06310', '14303'] as const;
