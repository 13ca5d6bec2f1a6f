-- segment: payroll_new
-- title: 新代发客户 / New payroll customers
-- owner: retail
-- grain: customer
select customer_id from customers where employer is not null and opened_on > as_of_date() - 30
