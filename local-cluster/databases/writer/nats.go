package main

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type natsStream struct {
	connection *nats.Conn
	jetstream  jetstream.JetStream
	stream     jetstream.Stream
}

// A stream with three replicas, on files.
func connectNats(ctx context.Context, address string) (database, error) {
	connection, err := nats.Connect(address, nats.Timeout(patience))
	if err != nil {
		return nil, err
	}
	n := &natsStream{connection: connection}
	if n.jetstream, err = jetstream.New(connection); err == nil {
		n.stream, err = n.jetstream.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: "numbers", Subjects: []string{"numbers"}, Replicas: 3, Storage: jetstream.FileStorage,
		})
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return n, nil
}

func (n *natsStream) write(ctx context.Context, number int) error {
	_, err := n.jetstream.Publish(ctx, "numbers", []byte(strconv.Itoa(number)))
	return err
}

func (n *natsStream) read(ctx context.Context) (map[int]bool, error) {
	info, err := n.stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	consumer, err := n.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	found := map[int]bool{}
	for pending := info.State.Msgs; pending > 0; {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, err
		}
		if number, err := strconv.Atoi(string(message.Data())); err == nil {
			found[number] = true
		}
		metadata, err := message.Metadata()
		if err != nil {
			return nil, err
		}
		pending = metadata.NumPending
	}
	return found, nil
}

func (n *natsStream) close() { n.connection.Close() }
