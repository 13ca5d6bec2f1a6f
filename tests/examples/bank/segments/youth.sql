-- segment: youth
-- title: 青年客户 / Young customers
-- owner: retail
-- grain: customer
select customer_id from customers where birth_date > date '1998-01-01'
