package main

import (
	"context"
	"log"

	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// registrant tells the kubelet of the driver, as node-driver-registrar does for drivers that run in pods.
type registrant struct {
	registration.UnimplementedRegistrationServer
	socket string
}

func (r *registrant) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type:              registration.CSIPlugin,
		Name:              driverName,
		Endpoint:          r.socket,
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

// NotifyRegistrationStatus ends the driver if the kubelet has refused it: the next process registers again.
func (r *registrant) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		log.Fatal("the kubelet has refused the driver: ", status.Error)
	}
	return &registration.RegistrationStatusResponse{}, nil
}
