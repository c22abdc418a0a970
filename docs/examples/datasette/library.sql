create table books (id integer primary key, title text not null, isbn text);
insert into books (title, isbn) values ('Middlemarch', '9780141439549'), ('Walden', '9780691096124');
create table loans (id integer primary key, book integer not null references books (id), reader text not null);
insert into loans (book, reader) values (1, 'alice');
