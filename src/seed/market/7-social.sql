-- What people say and like: reviews of what was delivered, one for each product and customer; favourites, and sellers followed.

-- Whoever tries the market as the demo customer writes the first reviews.
INSERT INTO reviews (id, product_id, user_id, reviewer_name, rating, comment, reply, replied_at, created_at, updated_at)
SELECT seed.id('review', line_n, reviewed_at), product_id, customer.user_id, reviewer_name, c.rating, seed.pick(c.comments, line_n, 'comment'),
  CASE WHEN is_replied THEN seed.pick(replies, line_n, 'which reply') END, CASE WHEN is_replied THEN answered_at END,
  reviewed_at, CASE WHEN is_replied THEN answered_at ELSE reviewed_at END
FROM (
  SELECT DISTINCT ON (o.user_id, product_id) line_n, product_id, customer_i, reviewed_at
  FROM seed.line JOIN seed.placed o USING (n) JOIN seed.deal USING (n, seller_i)
  CROSS JOIN LATERAL (SELECT delivered_at + interval '1 ms' * (7200000 + seed.even(511200000, line_n, 'reviewed')) AS reviewed_at) r
  WHERE customer_i > 1 AND reviewed_at < seed.now() AND seed.chance(0.4, line_n, 'reviews')
  ORDER BY o.user_id, product_id, reviewed_at
) first
JOIN seed.customer ON customer.i = customer_i
JOIN seed.comments c ON seed.noise(line_n, 'stars') >= c.low AND seed.noise(line_n, 'stars') < c.high
CROSS JOIN seed.words
CROSS JOIN LATERAL (SELECT reviewed_at + interval '1 ms' * (7200000 + seed.even(511200000, line_n, 'replied')) AS answered_at) a
CROSS JOIN LATERAL (SELECT answered_at < seed.now() AND seed.chance(0.35, line_n, 'reply') AS is_replied) r;

INSERT INTO favorites (user_id, product_id, created_at)
SELECT user_id, p.id, seed.at(seed.days(30 * seed.noise(draw, 'liked')))
FROM seed.customer b
CROSS JOIN LATERAL generate_series(1, CASE WHEN b.i = 1 THEN 6 ELSE seed.even(6, b.i, 'favourites') END) turn
CROSS JOIN LATERAL (SELECT b.i * 8::bigint + turn AS draw) d
JOIN seed.product p ON p.n = CASE WHEN b.i = 1 THEN seed.products() + 1 - turn ELSE seed.popular(draw, 'favourite') END
ON CONFLICT DO NOTHING;

INSERT INTO seller_follows (user_id, seller_id, created_at)
SELECT b.user_id, s.id, seed.at(seed.days(30 * seed.noise(draw, 'followed')))
FROM seed.customer b
CROSS JOIN LATERAL generate_series(1, CASE WHEN b.i = 1 THEN 2 ELSE seed.even(4, b.i, 'follows') END) turn
CROSS JOIN LATERAL (SELECT b.i * 8::bigint + turn AS draw) d
JOIN seed.seller s ON s.i = CASE WHEN b.i = 1 THEN turn ELSE 1 + seed.skewed(seed.sellers(), draw, 'followed') END
ON CONFLICT DO NOTHING;
