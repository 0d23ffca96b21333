create table ticket (number integer primary key, subject text, state text, urgent boolean, opened text);
insert into ticket values
  (7, 'The printer prints only cats', 'Waiting for parts', false, 'March 3'),
  (8, 'No coffee on floor two',       'New',               true,  'March 5');

create table step (ticket integer, day text, text text);
insert into step values (7, 'March 3', 'Reported by Ines'), (7, 'March 4', 'New toner ordered');
