-- Pedal & Plum, a small bicycle shop that exists only in this file.
-- Loaded into memory when the server starts; what a tool writes is gone when it stops.
-- Money is kept in cents; a generated column beside it holds the text that people read.

-- ---------------------------------------------------------------- pictures
-- Drawn here, so that no picture needs the network. `url` is what an Image takes.

create table picture (
  name text primary key,
  svg  text not null,
  url  text generated always as (
    'data:image/svg+xml,' || replace(replace(replace(replace(replace(replace(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">' || svg || '</svg>',
      '"', ''''), '%', '%25'), '#', '%23'), '<', '%3C'), '>', '%3E'), ' ', '%20')
  ) stored
);

insert into picture (name, svg) values
  ('bike', '<path fill="#ede4f7" d="M0 0h64v64H0z"/><g fill="none" stroke="#6b3fa0" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><circle cx="17" cy="41" r="10"/><circle cx="47" cy="41" r="10"/><path d="M17 41l8-16h17l5 16M25 25l7 16H17M32 41l10-16-2-7h7M21 20h8l-4 5"/></g>'),
  ('tourer', '<path fill="#e3edf8" d="M0 0h64v64H0z"/><path fill="#f2b35d" d="M8 26h13v10H8z"/><g fill="none" stroke="#2f5d8c" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><circle cx="17" cy="42" r="10"/><circle cx="47" cy="42" r="10"/><path d="M17 42l9-17h16l5 17M26 25l6 17H17M32 42l10-17-2-6h6q5 0 4 6M22 20h8l-4 5"/></g>'),
  ('cargo', '<path fill="#e2f1e7" d="M0 0h64v64H0z"/><path fill="#f0a35e" d="M5 22h22v10H5z"/><g fill="none" stroke="#2e7150" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><circle cx="14" cy="44" r="8"/><circle cx="51" cy="44" r="8"/><path d="M5 34h27l4 10H14M36 44l10-16-2-9h7M46 28H32m0 6l-2-11m-4 0h8M46 28l5 16"/></g>'),
  ('kids', '<path fill="#fdeed6" d="M0 0h64v64H0z"/><g fill="none" stroke="#d0672b" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"><circle cx="20" cy="44" r="8"/><circle cx="45" cy="44" r="8"/><path d="M20 44l6-12 17-2 2 14M26 32l6 12H20M32 44l11-14-2-10h8M22 27h8l-4 5"/></g><circle cx="50" cy="20" r="3" fill="#6b3fa0"/>'),
  ('light', '<path fill="#fff2d4" d="M0 0h64v64H0z"/><path fill="#ffd66b" d="M36 24l20-9v34l-20-9z"/><rect x="12" y="22" width="25" height="20" rx="6" fill="#4a4658"/><circle cx="35" cy="32" r="7" fill="#fff7e0"/><path d="M20 42v8h8v-8" fill="#7b768c"/><circle cx="20" cy="28" r="2" fill="#7fd6a2"/>'),
  ('rear', '<path fill="#fbe3e3" d="M0 0h64v64H0z"/><circle cx="32" cy="30" r="21" fill="#f7b9b6"/><circle cx="32" cy="30" r="14" fill="#d8433f"/><circle cx="32" cy="30" r="7" fill="#ff8d84"/><path d="M28 44h8v9h-8z" fill="#4a4658"/>'),
  ('spoke', '<path fill="#e4e2f3" d="M0 0h64v64H0z"/><circle cx="32" cy="32" r="23" fill="none" stroke="#4a4658" stroke-width="4"/><path d="M32 12v40M12 32h40M18 18l28 28M46 18L18 46" stroke="#a9a4bd" stroke-width="1.5"/><circle cx="32" cy="32" r="14" fill="none" stroke="#e58ab5" stroke-width="4" stroke-dasharray="11 4"/><circle cx="32" cy="32" r="4" fill="#4a4658"/>'),
  ('pannier', '<path fill="#e2f1e7" d="M0 0h64v64H0z"/><path d="M24 18v-5h16v5" fill="none" stroke="#225a40" stroke-width="3"/><path d="M14 18h36l4 32q0 4-4 4H14q-4 0-4-4z" fill="#3c8a63"/><path d="M14 18h36l2 14H12z" fill="#2e7150"/><path d="M29 28h6v9h-6z" fill="#f2c46d"/>'),
  ('bag', '<path fill="#e3edf8" d="M0 0h64v64H0z"/><path d="M6 20h52" stroke="#4a4658" stroke-width="4" stroke-linecap="round"/><rect x="14" y="22" width="36" height="28" rx="9" fill="#4a7fb5"/><path d="M14 33q18 9 36 0" fill="none" stroke="#dbe8f5" stroke-width="2.5"/><path d="M20 16h6v10h-6zm18 0h6v10h-6z" fill="#2f5d8c"/>'),
  ('saddle', '<path fill="#f4e8de" d="M0 0h64v64H0z"/><path d="M8 22q10-6 22 0l24 4q5 1 3 5-16 0-24 4-12 6-22 1-6-6-3-14z" fill="#8a5333"/><path d="M18 38l6 8h12l4-10M30 46v11" fill="none" stroke="#5c5668" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>'),
  ('pump', '<path fill="#e3edf8" d="M0 0h64v64H0z"/><path d="M22 10h20M32 10v16" stroke="#4a4658" stroke-width="4" stroke-linecap="round"/><rect x="27" y="22" width="10" height="28" rx="2" fill="#4a7fb5"/><path d="M20 54h24" stroke="#4a4658" stroke-width="5" stroke-linecap="round"/><path d="M37 46q14 2 12-12" fill="none" stroke="#d0672b" stroke-width="3" stroke-linecap="round"/>'),
  ('lock', '<path fill="#ececf2" d="M0 0h64v64H0z"/><path d="M20 30v-6a12 12 0 0124 0v6" fill="none" stroke="#5c5668" stroke-width="5"/><rect x="14" y="30" width="36" height="24" rx="6" fill="#6b3fa0"/><circle cx="32" cy="40" r="4" fill="#f2e9fb"/><path d="M30 42h4v7h-4z" fill="#f2e9fb"/>'),
  ('bell', '<path fill="#fff2d4" d="M0 0h64v64H0z"/><path d="M14 40a18 18 0 0136 0z" fill="#e0a52e"/><path d="M20 36a12 12 0 0110-9" fill="none" stroke="#fff2d4" stroke-width="3" stroke-linecap="round"/><rect x="10" y="40" width="44" height="5" rx="2.5" fill="#b67f17"/><circle cx="32" cy="20" r="3" fill="#b67f17"/><path d="M28 45h8v8h-8z" fill="#5c5668"/>'),
  ('pedals', '<path fill="#ececf2" d="M0 0h64v64H0z"/><g transform="rotate(-18 32 32)"><rect x="12" y="22" width="40" height="20" rx="5" fill="#4a4658"/><path d="M18 28h28M18 36h28" stroke="#8d88a0" stroke-width="3" stroke-dasharray="4 4"/><path d="M52 32h10" stroke="#7b768c" stroke-width="5"/><path d="M27 22h10v4H27zm0 16h10v4H27z" fill="#f0a35e"/></g>'),
  ('helmet', '<path fill="#ede4f7" d="M0 0h64v64H0z"/><path d="M8 38q0-24 24-24 20 0 24 22l-4 4H10z" fill="#8b5fc0"/><path d="M18 34q2-12 12-14m0 14q1-9 8-13m4 13q1-5 4-8" fill="none" stroke="#ede4f7" stroke-width="4" stroke-linecap="round"/><path d="M18 41l8 11 6-11" fill="none" stroke="#4a4658" stroke-width="2.5" stroke-linejoin="round"/>'),
  ('jacket', '<path fill="#fdeed6" d="M0 0h64v64H0z"/><path d="M24 12h16l14 10-5 14-6-3v21H21V33l-6 3-5-14z" fill="#e2953a"/><path d="M24 12q8 8 16 0l-2 8H26z" fill="#b96f1d"/><path d="M32 20v34" stroke="#fdeed6" stroke-width="2"/><path d="M21 44h22" stroke="#f7e3b0" stroke-width="4"/>'),
  ('mila', '<path fill="#f6d9c9" d="M0 0h64v64H0z"/><path d="M14 36q-2-26 18-26t18 26v14H14z" fill="#5a3424"/><path d="M10 64q2-18 22-18t22 18z" fill="#6b3fa0"/><path d="M27 38h10v10q-5 5-10 0z" fill="#d99a76"/><ellipse cx="32" cy="31" rx="11" ry="13" fill="#eab08c"/><path d="M20 30q2-14 14-14 9 2 10 13-9-1-13-7-3 7-11 8z" fill="#5a3424"/>');

-- ---------------------------------------------------------------- products

create table product (
  id      text primary key,
  name    text not null,
  kind    text not null check (kind in ('bikes', 'lights', 'bags', 'parts', 'wear')),
  cents   integer not null,
  stock   integer not null,
  picture text not null references picture (name),
  blurb   text not null,
  price   text generated always as (printf('$%,d.%02d', cents / 100, cents % 100))
);

insert into product (id, name, kind, cents, stock, picture, blurb) values
  ('commuter', 'Plum Commuter 8',      'bikes',  124900,  6, 'bike',    'Eight speeds and a sturdy rack'),
  ('tourer',   'Marlow Tourer',        'bikes',  189000,  2, 'tourer',  'Steel frame for long, loaded days'),
  ('cargo',    'Bramble Cargo E',      'bikes',  398000,  1, 'cargo',   'Electric, carries a week of shopping'),
  ('sprig',    'Sprig 20 Kids'' Bike', 'bikes',   38900,  9, 'kids',    'A first bike with gears, ages 6 to 9'),
  ('lantern',  'Lantern Front Light',  'lights',   6400, 24, 'light',   '80 lux for 12 hours, USB-C'),
  ('ember',    'Ember Rear Light',     'lights',   3850,  0, 'rear',    'Brightens when you brake'),
  ('glow',     'Glow Spoke Lights',    'lights',   2750,  3, 'spoke',   'A ring of colour for each wheel'),
  ('heron',    'Heron Pannier Pair',   'bags',    12900, 11, 'pannier', 'Two waterproof bags, 22 litres each'),
  ('nest',     'Nest Handlebar Bag',   'bags',     5900,  3, 'bag',     'Unclips into a shoulder bag'),
  ('perch',    'Perch Saddle',         'parts',    9500,  7, 'saddle',  'Broad, sprung, quick to break in'),
  ('gale',     'Gale Floor Pump',      'parts',    4990, 15, 'pump',    'Steel barrel, fits every valve'),
  ('knot',     'Knot Folding Lock',    'parts',    7200,  5, 'lock',    '90 cm of steel that folds flat'),
  ('ping',     'Ping Bell',            'parts',    1400, 40, 'bell',    'Brass, and politely loud'),
  ('surefoot', 'Sure-Foot All-Weather Pedals with Reflectors and Extra-Wide Platform for Winter Boots (Pair)',
                                       'parts',    8450,  2, 'pedals',  'Grip in rain, snow and hiking boots'),
  ('dapple',   'Dapple Helmet',        'wear',     8900, 13, 'helmet',  'Airy shell, fits 54 to 61 cm'),
  ('drizzle',  'Drizzle Rain Jacket',  'wear',    13900,  4, 'jacket',  'Packs into its own pocket');

-- ---------------------------------------------------------------- customers

create table customer (
  id      integer primary key,
  name    text not null,
  email   text,                     -- not everyone gives one
  picture text references picture (name),
  status  text not null check (status in ('active', 'paused', 'closed')),
  joined  text not null,            -- ISO date
  points  integer not null default 0
);

insert into customer (id, name, email, picture, status, joined, points) values
  (2001, 'Mila Solano',                             'mila.solano@example.com', 'mila', 'active', '2021-03-14', 1240),
  (2002, 'Theodora Wilhelmina Brandt-Achterberg',   'theodora@example.com',    null,   'paused', '2024-08-02',  310),
  (2003, 'Ivo Renn',                                null,                      null,   'closed', '2019-11-27',    0);

-- ---------------------------------------------------------------- orders

create table orders (
  id             integer primary key,
  customer_id    integer not null references customer (id),
  status         text not null check (status in ('processing', 'shipped', 'delivered', 'cancelled')),
  placed         text not null,     -- ISO dates
  closed         text,              -- when it was delivered or cancelled
  shipping_cents integer not null default 0,
  note           text               -- Markdown
);

create table order_line (
  order_id   integer not null references orders (id),
  product_id text not null references product (id),
  quantity   integer not null,
  cents      integer not null,      -- for one, as it was on that day
  price      text generated always as (printf('$%,d.%02d', cents / 100, cents % 100)),
  total      text generated always as (printf('$%,d.%02d', quantity * cents / 100, quantity * cents % 100)),
  primary key (order_id, product_id)
);

insert into orders (id, customer_id, status, placed, closed, shipping_cents, note) values
  (1001, 2001, 'shipped',    '2026-11-18', null,          690, null),
  (1002, 2001, 'processing', '2026-11-21', null,            0, 'A mechanic is assembling your bike. We write when it is ready to leave.'),
  (1003, 2001, 'delivered',  '2026-11-02', '2026-11-06',  690, 'Left with your neighbour at **number 14**. You can return anything until **December 6**.'),
  (1004, 2001, 'cancelled',  '2026-11-09', '2026-11-10',  690, 'Cancelled at your request before it left the shop. **$45.40** is on its way back to your card.'),
  (1005, 2002, 'processing', '2026-11-20', null,            0, 'The only item of this order was removed. Nothing will be charged.'),
  (1006, 2002, 'shipped',    '2026-11-12', null,         4900, 'The parcel is waiting for a larger van. Sorry about that.');

insert into order_line (order_id, product_id, quantity, cents) values
  (1001, 'heron',    1,  12900), (1001, 'lantern', 1,  6400), (1001, 'ping',  2, 1400),
  (1002, 'commuter', 1, 124900), (1002, 'dapple',  1,  8900),
  (1003, 'drizzle',  1,  13900), (1003, 'gale',    1,  4990),
  (1004, 'ember',    1,   3850),
  (1006, 'surefoot', 2,   8450), (1006, 'cargo',   3, 398000), (1006, 'nest', 1, 5900), (1006, 'knot', 2, 7200);

-- Sums of every order, also of those without lines.
create view order_sum as
select o.id as order_id,
       coalesce(sum(l.quantity * l.cents), 0) as goods_cents,
       coalesce(sum(l.quantity * l.cents), 0) + o.shipping_cents as total_cents,
       coalesce(sum(l.quantity), 0) as pieces
from orders o left join order_line l on l.order_id = o.id
group by o.id;

-- ---------------------------------------------------------------- parcels

create table parcel (
  tracking_number text primary key,
  order_id        integer not null references orders (id),
  carrier         text not null,
  origin          text not null,
  destination     text not null,
  eta             text,             -- ISO date, unknown for a parcel that is held
  progress        integer not null  -- per cent of the way
);

create table parcel_step (
  tracking_number text not null references parcel (tracking_number),
  position        integer not null,
  stage           text not null check (stage in ('ordered', 'collected', 'travelling', 'nearby', 'delivered')),
  state           text not null check (state in ('done', 'current', 'held', 'upcoming')),
  label           text not null,
  place           text,
  at              text,             -- ISO date and time
  primary key (tracking_number, position)
);

insert into parcel (tracking_number, order_id, carrier, origin, destination, eta, progress) values
  ('SW-4471-2290', 1001, 'Swiftlet Parcel', 'Ardle Quay',  'Portview', '2026-11-26',  62),
  ('SW-4402-7715', 1003, 'Swiftlet Parcel', 'Ardle Quay',  'Portview', '2026-11-06', 100),
  ('TC-9038-1156', 1006, 'Tandem Couriers', 'Ardle Quay',  'Upper Wennington-on-the-Marsh', null, 35);

insert into parcel_step (tracking_number, position, stage, state, label, place, at) values
  ('SW-4471-2290', 1, 'ordered',    'done',     'Packed at the shop',      'Ardle Quay',       '2026-11-19 09:40'),
  ('SW-4471-2290', 2, 'collected',  'done',     'Collected by the carrier', 'Ardle Quay',      '2026-11-19 16:05'),
  ('SW-4471-2290', 3, 'travelling', 'current',  'On the way to your city', 'Millbrook Depot',  '2026-11-21 04:22'),
  ('SW-4471-2290', 4, 'nearby',     'upcoming', 'Out for delivery',        null,               null),
  ('SW-4471-2290', 5, 'delivered',  'upcoming', 'Delivered',               'Portview',         null),
  ('SW-4402-7715', 1, 'ordered',    'done',     'Packed at the shop',      'Ardle Quay',       '2026-11-03 10:15'),
  ('SW-4402-7715', 2, 'collected',  'done',     'Collected by the carrier', 'Ardle Quay',      '2026-11-03 17:30'),
  ('SW-4402-7715', 3, 'travelling', 'done',     'On the way to your city', 'Millbrook Depot',  '2026-11-05 05:10'),
  ('SW-4402-7715', 4, 'nearby',     'done',     'Out for delivery',        'Portview',         '2026-11-06 08:02'),
  ('SW-4402-7715', 5, 'delivered',  'done',     'Delivered to a neighbour', 'Portview',        '2026-11-06 14:37'),
  ('TC-9038-1156', 1, 'ordered',    'done',     'Packed at the shop',      'Ardle Quay',       '2026-11-13 11:00'),
  ('TC-9038-1156', 2, 'collected',  'done',     'Collected by the carrier', 'Ardle Quay',      '2026-11-13 17:45'),
  ('TC-9038-1156', 3, 'travelling', 'held',     'Waiting for a larger van', 'Millbrook Depot', '2026-11-16 06:30'),
  ('TC-9038-1156', 4, 'nearby',     'upcoming', 'Out for delivery',        null,               null),
  ('TC-9038-1156', 5, 'delivered',  'upcoming', 'Delivered',               'Upper Wennington-on-the-Marsh', null);

-- ---------------------------------------------------------------- visits to the shop

create table slot (
  time  text primary key,           -- 24 hours
  label text not null
);
insert into slot (time, label) values
  ('09:30', '9:30 AM'), ('11:00', '11:00 AM'), ('13:30', '1:30 PM'), ('15:00', '3:00 PM'), ('16:30', '4:30 PM');

create table visit_kind (
  id        text primary key,
  label     text not null,
  for_bikes integer not null        -- 1: for bikes, 0: for everything else
);
insert into visit_kind (id, label, for_bikes) values
  ('test-ride', 'Test ride, 30 minutes',        1),
  ('fitting',   'Fit to my size, 60 minutes',   1),
  ('try',       'Try it in the shop',           0),
  ('install',   'Have it mounted on my bike',   0);

create table appointment (
  id         integer primary key autoincrement,
  product_id text not null references product (id),
  kind       text not null references visit_kind (id),
  day        text not null,         -- ISO date
  time       text not null references slot (time),
  name       text not null,
  phone      text not null default '',
  notes      text not null default '',
  reminder   integer not null default 0,
  unique (day, time)                -- one visitor at a time
);
insert into appointment (id, product_id, kind, day, time, name) values
  (3001, 'tourer', 'test-ride', '2026-12-01', '09:30', 'Ivo Renn');

-- ---------------------------------------------------------------- shares

create table company (
  symbol text primary key,
  name   text not null
);
insert into company (symbol, name) values
  ('PDLP', 'Pedal & Plum'), ('NRDL', 'Nordlume Lighting'), ('TVRO', 'Tovaro Tyres & Rubber Works'), ('ELMR', 'Elmridge Racks');

create table closing (
  symbol text not null references company (symbol),
  day    text not null,             -- ISO date
  cents  integer not null,
  primary key (symbol, day)
);
with
  day (n, day) as (select key, value from json_each('["2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30",
    "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12",
    "2026-11-13", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]')),
  listed (symbol, closings) as (values
    ('PDLP', '[4410, 4432, 4405, 4478, 4520, 4496, 4541, 4588, 4560, 4612, 4634, 4605, 4587, 4655, 4702, 4688, 4731, 4760, 4694, 4820]'),
    ('NRDL', '[13240, 13305, 13190, 13085, 13140, 12960, 12890, 12975, 12820, 12760, 12835, 12610, 12655, 12540, 12480, 12515, 12390, 12330, 12405, 12118]'),
    ('TVRO', '[104510, 104980, 105620, 105110, 106340, 107055, 106480, 107910, 108320, 107760, 108940, 109600, 109125, 110480, 111035, 110290, 111870, 112405, 112960, 113275]'),
    ('ELMR', '[2840, 2852, 2861, 2849, 2858, 2870, 2866, 2881, 2874, 2868, 2879, 2890, 2883, 2871, 2864, 2869, 2880, 2886, 2875, 2875]'))
insert into closing (symbol, day, cents)
select symbol, day.day, price.value
from listed, json_each(closings) price join day on day.n = price.key;

-- Closings by age: 1 is the latest day.
create view closing_by_age as
select symbol, day, cents, row_number() over (partition by symbol order by day desc) as age
from closing;

-- The latest price of each company, and what it was the day before.
create view quote as
select c.symbol, c.name, today.day, today.cents, before.cents as before_cents, today.cents - before.cents as change_cents
from company c
join closing_by_age today  on today.symbol  = c.symbol and today.age  = 1
join closing_by_age before on before.symbol = c.symbol and before.age = 2;

-- Lowest, highest and change over a week, two weeks and a month of trading.
create view period as
select p.days, p.label, c.symbol,
       printf('$%,d.%02d', min(c.cents) / 100, min(c.cents) % 100) as low,
       printf('$%,d.%02d', max(c.cents) / 100, max(c.cents) % 100) as high,
       100.0 * max(c.cents) filter (where c.age = 1) / max(c.cents) filter (where c.age = p.days) - 100 as change
from (select 5 as days, '1 week' as label union all select 10, '2 weeks' union all select 20, '1 month') p
join closing_by_age c on c.age <= p.days
group by c.symbol, p.days;
