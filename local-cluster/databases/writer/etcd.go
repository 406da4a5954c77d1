package main

import (
	"context"
	"strconv"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

const prefix = "numbers/"

type etcd struct{ client *clientv3.Client }

// The address is a list of endpoints, with commas between them.
func connectEtcd(ctx context.Context, address string) (database, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:   strings.Split(address, ","),
		DialTimeout: patience,
		Logger:      zap.NewNop(),
	})
	if err != nil {
		return nil, err
	}
	return &etcd{client}, nil
}

func (e *etcd) write(ctx context.Context, number int) error {
	_, err := e.client.Put(ctx, prefix+strconv.Itoa(number), "")
	return err
}

func (e *etcd) read(ctx context.Context) (map[int]bool, error) {
	response, err := e.client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return nil, err
	}
	found := map[int]bool{}
	for _, pair := range response.Kvs {
		if number, err := strconv.Atoi(strings.TrimPrefix(string(pair.Key), prefix)); err == nil {
			found[number] = true
		}
	}
	return found, nil
}

func (e *etcd) close() { _ = e.client.Close() }
