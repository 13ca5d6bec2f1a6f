-- segment: payroll
-- title: 代发客户 / Payroll customers
-- owner: retail
-- grain: customer
select customer_id from customers where employer is not null
