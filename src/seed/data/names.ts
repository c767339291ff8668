// Common Filipino names of people, farms and streets for the demo data; none belongs to anybody in particular.

export const WOMENS_NAMES = list(`
  Maria, Ana, Rosa, Liza, Grace, Joy, Angelica, Cristina, Marites, Rowena, Jocelyn, Luz,
  Carmen, Teresa, Elena, Gloria, Imelda, Lourdes, Nora, Perla, Remedios, Rosario, Corazon,
  Dolores, Erlinda, Felisa, Josefina, Ligaya, Maricel, Nenita`);

export const MENS_NAMES = list(`
  Jose, Juan, Antonio, Pedro, Ramon, Ricardo, Eduardo, Fernando, Rodel, Rogelio, Danilo,
  Ernesto, Reynaldo, Romeo, Alfredo, Mark, John Paul, Christian, Jayson, Arnel, Benigno, Cesar,
  Domingo, Emilio, Felipe, Gregorio, Isidro, Leonardo, Nestor, Virgilio`);

export const LAST_NAMES = list(`
  Santos, Reyes, Cruz, Bautista, Ocampo, Garcia, Mendoza, Torres, Flores, Castillo, Villanueva,
  Ramos, Aquino, Navarro, Domingo, Salazar, Mercado, Aguilar, Dela Cruz, Del Rosario, Manalo,
  Pascual, Soriano, Tolentino, Valdez, Vergara, Lim, Tan, Magsaysay, Dimaculangan, Macaraeg,
  Bondoc, Agbayani, Balagtas, Cabrera, Evangelista, Fajardo, Galang, Hernandez, Ilagan`);

export const WOMENS_NICKNAMES = list(`
  Nena, Ising, Belen, Cora, Luring, Minda, Pacing, Rosing, Tess, Vilma`);

export const MENS_NICKNAMES = list(`
  Berto, Caloy, Dencio, Goryo, Isko, Kadyo, Nardo, Pepe, Tino, Tonyo`);

/** `{woman}`, `{man}`, `{last}` and `{town}` are filled in. */
export const BUSINESS_NAMES = [
  'Gulayan ni Aling {woman}',
  'Bukid ni Mang {man}',
  '{last} Family Farm',
  'Sariwang Ani ng {town}',
  '{town} Growers Cooperative',
  'Prutasan ni Ate {woman}',
  'Taniman ni Kuya {man}',
  '{last} Agri Ventures',
  '{town} Highland Harvest',
  'Hardin ni Aling {woman}',
  'Ani ni Mang {man}',
  '{last} Integrated Farm',
] as const;

export const BUSINESS_DESCRIPTIONS = [
  'We harvest at dawn and pack on the same day.',
  'Three generations of farming; no shortcuts.',
  'Direct from our farm, walang middleman.',
  'Small plots, careful hands, honest weights.',
  'A cooperative of neighbours who plant together.',
] as const;

export const STREETS = list(`
  Purok 1, Purok 2, Purok 3, Purok 5, Sitio Maligaya, Sitio Bagong Silang, Sitio Riverside,
  Km. 5, Rizal St., Mabini St., Bonifacio St., Luna St., Del Pilar St., Quezon Ave.,
  Sampaguita St., Narra St.`);

export const LANDMARKS = [
  'beside the chapel',
  'near the barangay hall',
  'across the basketball court',
  'green gate',
] as const;

export const ORDER_NOTES = [
  'Pakitawag po bago mag-deliver.',
  'Please leave it with the guard.',
  'Yung medyo hilaw pa po sana.',
  'Deliver in the morning if possible.',
  'Salamat po!',
] as const;

function list(names: string): readonly string[] {
  return names.trim().split(/,\s+/);
}
