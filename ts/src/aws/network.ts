/** A network for the tasks: two public subnets, nothing may come in, and the store is reached without charge. */

import { attribute, type Resources, ref, tags } from './resources.ts';
import { REGION, type Setup } from './setup.ts';

const SUBNETS = ['10.73.0.0/20', '10.73.16.0/20'] as const;

/** What compute environments need of a network, and the resources that it takes. */
export interface Network {
  readonly resources: Resources;
  readonly subnets: readonly unknown[];
  readonly securityGroups: readonly unknown[];
  /** Must be there as long as containers run. */
  readonly routes: readonly string[];
}

/** The network that is given, or a new one. */
export function networkOf(setup: Setup): Network {
  const { name, subnets, securityGroups } = setup;
  if (subnets.length > 0) return { resources: {}, subnets, securityGroups, routes: [] };
  const own = SUBNETS.map((_, index) => `Subnet${index + 1}`);
  return {
    subnets: own.map(ref),
    securityGroups: [attribute('SecurityGroup', 'GroupId')],
    routes: ['DefaultRoute', ...own.map((subnet) => `${subnet}Routes`)],
    resources: {
      Network: {
        Type: 'AWS::EC2::VPC',
        Properties: {
          CidrBlock: '10.73.0.0/16',
          EnableDnsSupport: true,
          EnableDnsHostnames: true,
          Tags: tags(name),
        },
      },
      Gateway: { Type: 'AWS::EC2::InternetGateway', Properties: { Tags: tags(name) } },
      GatewayAttachment: {
        Type: 'AWS::EC2::VPCGatewayAttachment',
        Properties: { VpcId: ref('Network'), InternetGatewayId: ref('Gateway') },
      },
      Routes: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref('Network'), Tags: tags(name) } },
      DefaultRoute: {
        Type: 'AWS::EC2::Route',
        DependsOn: 'GatewayAttachment',
        Properties: { RouteTableId: ref('Routes'), DestinationCidrBlock: '0.0.0.0/0', GatewayId: ref('Gateway') },
      },
      StoreEndpoint: {
        Type: 'AWS::EC2::VPCEndpoint',
        Properties: {
          VpcId: ref('Network'),
          ServiceName: { 'Fn::Sub': `com.amazonaws.${REGION}.s3` },
          VpcEndpointType: 'Gateway',
          RouteTableIds: [ref('Routes')],
        },
      },
      SecurityGroup: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'Tasks of nlpflow: nothing comes in, HTTPS goes out',
          VpcId: ref('Network'),
          SecurityGroupEgress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }],
          Tags: tags(name),
        },
      },
      ...Object.fromEntries(
        SUBNETS.flatMap((cidr, index) => {
          const subnet = own[index] as string;
          return [
            [
              subnet,
              {
                Type: 'AWS::EC2::Subnet',
                Properties: {
                  VpcId: ref('Network'),
                  CidrBlock: cidr,
                  AvailabilityZone: { 'Fn::Select': [index, { 'Fn::GetAZs': '' }] },
                  MapPublicIpOnLaunch: true,
                  Tags: tags(name),
                },
              },
            ],
            [
              `${subnet}Routes`,
              {
                Type: 'AWS::EC2::SubnetRouteTableAssociation',
                Properties: { SubnetId: ref(subnet), RouteTableId: ref('Routes') },
              },
            ],
          ];
        }),
      ),
    },
  };
}
