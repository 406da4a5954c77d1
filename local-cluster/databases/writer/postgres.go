package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

type postgres struct{ connection *pgx.Conn }

func connectPostgres(ctx context.Context, address string) (database, error) {
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	_, err = connection.Exec(ctx, "create table if not exists numbers (number integer primary key)")
	return &postgres{connection}, err
}

func (p *postgres) write(ctx context.Context, number int) error {
	_, err := p.connection.Exec(ctx, "insert into numbers values ($1) on conflict do nothing", number)
	return err
}

func (p *postgres) read(ctx context.Context) (map[int]bool, error) {
	rows, err := p.connection.Query(ctx, "select number from numbers")
	if err != nil {
		return nil, err
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int])
	found := map[int]bool{}
	for _, number := range numbers {
		found[number] = true
	}
	return found, err
}

func (p *postgres) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.connection.Close(ctx)
}
