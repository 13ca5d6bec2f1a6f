"""TL87x: capacity and budget."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL870",
        "a budget of a journey that does not exist",
        "The budget would hold nobody back: no journey has that name.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, cost: 0.05}
        journeys/policy.yaml:
          budget:
            - {journey: welcom, at_most: 5000 yuan, per: month}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, cost: 0.05}
        journeys/policy.yaml:
          budget:
            - {journey: welcome, at_most: 5000 yuan, per: month}
        """,
    ),
    (
        "TL871",
        "a limit by something that the profile does not say",
        "A limit by branch needs the attribute branch_id of the profile, one by employee manager_id.",
        """
        journeys/policy.yaml:
          capacity:
            - {channel: sms, by: branch, at_most: 300, per: day}
        """,
        """
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id from customers
        journeys/policy.yaml:
          capacity:
            - {channel: sms, by: branch, at_most: 300, per: day}
        """,
    ),
    (
        "TL872",
        "figures of units without units",
        "`each` and `figures` give single branches or employees their own figure, so `by` says which of them are counted.",
        """
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id from customers
        journeys/policy.yaml:
          capacity:
            - {channel: sms, at_most: 40, per: day, each: {1101: 60}}
        """,
        """
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id from customers
        journeys/policy.yaml:
          capacity:
            - {channel: sms, by: branch, at_most: 40, per: day, each: {1101: 60}}
        """,
    ),
    (
        "TL873",
        "figures that are not there",
        "The table of figures is one of the bank's tables (data/contracts), with a column for the unit and one for its figure.",
        """
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id from customers
        data/contracts/branch_staff.yaml:
          table: branch_staff
          title: {zh: 网点人力, en: Staff of branches}
          keep: latest
          key: [branch_id]
          columns:
            branch_id: {type: bigint}
            calls: {type: bigint, min: 0}
        journeys/policy.yaml:
          capacity:
            - channel: sms
              by: branch
              at_most: 40
              per: day
              figures: {table: branch_staff, unit: branch_id, at_most: cals}
        """,
        """
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id from customers
        data/contracts/branch_staff.yaml:
          table: branch_staff
          title: {zh: 网点人力, en: Staff of branches}
          keep: latest
          key: [branch_id]
          columns:
            branch_id: {type: bigint}
            calls: {type: bigint, min: 0}
        journeys/policy.yaml:
          capacity:
            - channel: sms
              by: branch
              at_most: 40
              per: day
              figures: {table: branch_staff, unit: branch_id, at_most: calls}
        """,
    ),
    (
        "TL874",
        "a budget that nothing counts against",
        "A touch spends the cost of its channel. Where that is nothing, the budget never holds anything back. This is a warning.",
        """
        journeys/policy.yaml:
          budget:
            - {channel: sms, at_most: 100 yuan, per: day}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, cost: 0.05}
        journeys/policy.yaml:
          budget:
            - {channel: sms, at_most: 100 yuan, per: day}
        """,
    ),
    (
        "TL875",
        "two limits by employee of one channel of people",
        """Whom a branch's employees share out among them is decided within what one limit leaves each. Of two, per hour and per day, what fits
        both sums need fit nobody.""",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            call: {kind: worklist, title: {zh: 外呼, en: Call}}
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id, 7 as manager_id from customers
        journeys/policy.yaml:
          capacity:
            - {channel: call, by: employee, at_most: 30, per: day}
            - {channel: call, by: employee, at_most: 6, per: hour}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            call: {kind: worklist, title: {zh: 外呼, en: Call}}
        segments/profile.sql:
          select customer_id, city, 1101 as branch_id, 7 as manager_id from customers
        journeys/policy.yaml:
          capacity:
            - {channel: call, by: employee, at_most: 30, per: day}
            - {channel: call, by: branch, at_most: 60, per: hour}
        """,
    ),
)
