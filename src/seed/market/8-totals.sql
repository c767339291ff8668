-- The end: everything that is a count or a sum of other rows, and then the listing.

INSERT INTO product_counters (product_id, view_count, sell_count, rating_sum, review_count)
SELECT p.id, seed.even(401, n, 'views') + coalesce(sold, 0) * 17, coalesce(sold, 0), coalesce(stars, 0), coalesce(reviews, 0)
FROM seed.product p
LEFT JOIN (
  SELECT i.product_id, count(*) AS sold FROM order_items i JOIN seller_orders s ON s.id = i.seller_order_id
  WHERE s.delivered_at IS NOT NULL GROUP BY 1
) s ON s.product_id = p.id
LEFT JOIN (SELECT product_id, sum(rating) AS stars, count(*) AS reviews FROM reviews GROUP BY 1) r ON r.product_id = p.id
ORDER BY n;

UPDATE sellers SET rating_sum = coalesce(stars, 0), review_count = coalesce(reviews, 0), follower_count = coalesce(followers, 0)
FROM seed.seller s
LEFT JOIN (
  SELECT seller_i, sum(rating) AS stars, count(*) AS reviews FROM reviews JOIN seed.product p ON p.id = product_id GROUP BY 1
) r ON r.seller_i = s.i
LEFT JOIN (SELECT seller_id, count(*) AS followers FROM seller_follows GROUP BY 1) f ON f.seller_id = s.id
WHERE sellers.id = s.id;

SELECT setval('order_number_seq', (SELECT count(*) FROM orders));
-- Without statistics the planner takes the tables for as empty as they were.
ANALYZE categories, sellers, products, product_counters, lots, promos, promo_products;
