// What demo customers say of what they got, by stars, and what sellers answer.

export const COMMENTS: Readonly<Record<number, readonly string[]>> = {
  5: [
    'Sobrang sariwa, parang kapipitas lang!',
    'Very fresh and well packed. Will order again.',
    'Ang bilis dumating, salamat po.',
    'Better than the supermarket, and cheaper.',
    'Tamis! Nagustuhan ng mga bata.',
    'Exact weight, no bruises. Thank you!',
    'Suki na kami dito.',
    'Lasted more than a week in the ref.',
  ],
  4: [
    'Fresh, though some pieces were small.',
    'Maayos naman, medyo late lang ang delivery.',
    'Good quality for the price.',
    'Okay ang pagkaka-pack. Uulit ako.',
    'Nice and firm. One piece was bruised.',
  ],
  3: [
    'Okay lang, sakto sa presyo.',
    'Some were already soft, the rest was fine.',
    'Average. Expected a bit fresher.',
  ],
  2: ['Medyo lanta na pagdating.', 'Half was overripe.'],
  1: ['Sira na pagdating, sayang.', 'Not fresh at all.'],
};

export const REPLIES = [
  'Maraming salamat po sa pag-order!',
  'Thank you! We will pass this on to the team.',
  'Pasensya na po, babawi kami sa susunod.',
  'Salamat suki!',
] as const;
