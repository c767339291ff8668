-- What triggers and services would have counted on the way.

UPDATE sellers SET product_count = counted.number
FROM (SELECT seller_id, count(*) AS number FROM product_listing WHERE on_sale GROUP BY seller_id) counted
WHERE counted.seller_id = sellers.id;

INSERT INTO category_product_counts (category_id, number)
SELECT category_id, count(*) FROM product_listing WHERE on_sale GROUP BY category_id;

INSERT INTO business_counts (orders_created) VALUES (market.orders());
