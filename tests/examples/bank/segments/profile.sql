-- profile: customer
-- title: 客户画像 / Customer profile
-- owner: retail
-- grain: customer
select customer_id, city, birth_date, date_diff('year', birth_date, as_of_date()) as age, employer, balance, opened_on,
  if(employer is null, null, 15) as pay_day, if(balance > 100000, 'C3', 'C2') as risk_rating, balance > 1000000 as overdue
from customers
